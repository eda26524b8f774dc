#ifndef CMODSECURITY_H
#define CMODSECURITY_H

#endif
