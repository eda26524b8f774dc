#include "CModSecurity.h"
