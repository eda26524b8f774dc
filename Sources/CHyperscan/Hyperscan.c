#include "CHyperscan.h"
