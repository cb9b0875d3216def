# Adds cuda/ to the library where nvcc works; otherwise a stand-in, with a line that says so.

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
  file(GLOB BFL_CUDA_SOURCES CONFIGURE_DEPENDS cuda/*.cu)
  # The runtime is linked in: it must load where there is no driver.
  target_link_libraries(blazefl4j PUBLIC CUDA::cudart_static)
  # There is host code only: nvcc's own default will do.
  set_target_properties(blazefl4j PROPERTIES CUDA_STANDARD 17 CUDA_ARCHITECTURES OFF)
  target_compile_options(blazefl4j PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-Wall,-Wextra,-Werror,-fvisibility=hidden>"
    "$<$<COMPILE_LANGUAGE:CUDA>:SHELL:--Werror all-warnings>")
else()
  set(BFL_CUDA_SOURCES cuda/without_cuda.cpp)
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
