/* Defines the table of the kernels for the width that the including file is compiled for. */
#pragma once

#include "convolution.h"
#include "elementwise.h"
#include "few.h"
#include "linear.h"
#include "wide.h"

#define BFL_KERNEL_TABLE(name, supported)                                                                               \
    {name,         widest_lanes,  supported,   to_cells,     to_rows,        forward,        spread,     weight_gradients, \
     input_gradients, to_images,  from_images, wide_forward, wide_spread,    wide_inputs,    wide_weights, linear,         \
     linear_inputs, linear_weights, few,       few_inputs,   few_weights,    close,          multiply,   drop,             \
     sums_of_cells, sums_of_images, cross_entropy}
