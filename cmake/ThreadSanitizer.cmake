# Sets BFL_THREAD_SANITIZER to its flags where ThreadSanitizer is installed and runs: some kernels spread programs wider
# than it can follow. Otherwise it is empty, with a line that says so.
include(CheckCXXSourceRuns)

set(CMAKE_REQUIRED_FLAGS -fsanitize=thread)
set(CMAKE_REQUIRED_LINK_OPTIONS -fsanitize=thread -no-pie)
check_cxx_source_runs("#include <thread>
int main() { int x = 1; std::thread([&x] { x = 0; }).join(); return x; }" BFL_HAS_THREAD_SANITIZER)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LINK_OPTIONS)

if(BFL_HAS_THREAD_SANITIZER)
  set(BFL_THREAD_SANITIZER -fsanitize=thread)
else()
  set(BFL_THREAD_SANITIZER "")
  message(STATUS "BlazeFL4J: races are not looked for: ThreadSanitizer does not run here")  # build.sh shows this line
endif()
