# Our own code under AddressSanitizer and UndefinedBehaviorSanitizer, which end the program at the first fault.
target_compile_options(bfl_options INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all>)
# Not position-independent: where the kernel spreads programs widely (vm.mmap_rnd_bits=32) one could lie in the
# sanitizer's own memory.
target_link_options(bfl_options INTERFACE -fsanitize=address,undefined -no-pie)
