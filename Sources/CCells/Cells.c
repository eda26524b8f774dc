#include "CCells.h"
