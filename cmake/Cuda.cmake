# Adds cuda/ to the library where nvcc works; otherwise a stand-in for what needs the runtime, with a line that says so.

# Looked for at each configuration, so that an nvcc installed later is found.
find_program(BFL_NVCC nvcc NO_CMAKE_SYSTEM_PATH)
if(BFL_NVCC)
  set(ENV{CUDACXX} ${BFL_NVCC})
  include(CheckLanguage)
  check_language(CUDA)
endif()

if(BFL_NVCC AND CMAKE_CUDA_COMPILER)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  file(GLOB BFL_CUDA_SOURCES CONFIGURE_DEPENDS cuda/*.cu cuda/*.cpp)
  list(FILTER BFL_CUDA_SOURCES EXCLUDE REGEX without_cuda)
  # The runtime is linked in: it must load where there is no driver.
  target_link_libraries(blazefl4j PUBLIC CUDA::cudart_static)
  # For newer devices than these, the driver compiles the last one's intermediate code. Tests need no more than one.
  if(BFL_TESTS)
    set(BFL_CUDA_ARCHITECTURES 75-real)
  else()
    set(BFL_CUDA_ARCHITECTURES 75-real 80-real 90-real 100-real 120)
  endif()
  # As -ffp-contract=off: the sums' products and additions are rounded one by one.
  set(BFL_CUDA_ROUNDING --fmad=false)
  set_target_properties(blazefl4j PROPERTIES CUDA_STANDARD 17 CUDA_ARCHITECTURES "${BFL_CUDA_ARCHITECTURES}")
  target_compile_options(blazefl4j PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:${BFL_CUDA_ROUNDING};-Xcompiler=-Wall,-Wextra,-Werror,-fvisibility=hidden>"
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:--Werror all-warnings>")
else()
  set(BFL_CUDA_SOURCES cuda/without_cuda.cpp cuda/graph.cpp)
  if(BFL_NVCC)
    set(why "${BFL_NVCC} does not work here")
  else()
    set(why "nvcc is not on the PATH")
  endif()
  if(BFL_JNI_DIR)
    message(STATUS "BlazeFL4J: CUDA sources left out: ${why}")  # build.sh shows this line
  endif()
endif()
target_sources(blazefl4j PRIVATE ${BFL_CUDA_SOURCES})
set_source_files_properties(${BFL_CUDA_SOURCES} PROPERTIES INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR}/src)
