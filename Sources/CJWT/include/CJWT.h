#ifndef CJWT_H
#define CJWT_H
#include <jwt.h>
#endif
