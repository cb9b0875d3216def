# Fails if nvcc may fuse a product and a sum of doubles: the instruction says so, or leaves it open by naming no rounding.
execute_process(
  COMMAND ${NVCC} -ptx -std=c++17 -O3 ${FLAGS} -arch=compute_75 -I${NATIVE}/include -I${NATIVE}/src -o ${PTX}
          ${NATIVE}/cuda/sum.cu
  COMMAND_ERROR_IS_FATAL ANY)
file(READ ${PTX} code)
string(REGEX MATCHALL "(add|sub|mul|fma|mad)(\\.[a-z]+)*\\.f64" operations "${code}")
list(REMOVE_DUPLICATES operations)
list(SORT operations)
set(expected add.rn.f64 mul.rn.f64 sub.rn.f64)
if(NOT "${operations}" STREQUAL "${expected}")
  message(FATAL_ERROR "operations on doubles: found=${operations}, expected=${expected}")
endif()
