#ifndef CCARES_H
#define CCARES_H
#include <ares.h>
#include <netinet/in.h>
#include <sys/time.h>
#endif
