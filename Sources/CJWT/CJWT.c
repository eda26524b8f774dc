#include "CJWT.h"
