# The library that Java loads: the binding that JavaCPP generated and the native library in one file.
set(BFL_JAVA_HOME "$ENV{JAVA_HOME}" CACHE PATH "The JDK whose JNI headers are used")
if(NOT EXISTS ${BFL_JAVA_HOME}/include/jni.h)
  message(FATAL_ERROR "jni.h not found: BFL_JAVA_HOME=${BFL_JAVA_HOME}; run Maven with a whole JDK")
endif()

# JavaCPP writes its files at each build: only changed ones are compiled.
set(BFL_JNI_SOURCES jnijavacpp.cpp jniblazefl4j.cpp)
foreach(source ${BFL_JNI_SOURCES})
  add_custom_command(
    OUTPUT ${source}.stamp
    BYPRODUCTS ${source}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different ${BFL_JNI_DIR}/${source} ${source}
    COMMAND ${CMAKE_COMMAND} -E touch ${source}.stamp
    DEPENDS ${BFL_JNI_DIR}/${source})
  list(APPEND stamps ${CMAKE_CURRENT_BINARY_DIR}/${source}.stamp)
endforeach()
add_custom_target(jni_sources DEPENDS ${stamps})

add_library(jniblazefl4j SHARED ${BFL_JNI_SOURCES})
add_dependencies(jniblazefl4j jni_sources)
target_include_directories(jniblazefl4j SYSTEM PRIVATE ${BFL_JAVA_HOME}/include ${BFL_JAVA_HOME}/include/linux)
target_link_libraries(jniblazefl4j PRIVATE blazefl4j)
# nodelete: LibTorch may free a storage, and so call into this library, after the class loader that loaded it is gone.
target_link_options(jniblazefl4j PRIVATE -Wl,-z,nodelete -Wl,--no-undefined -Wl,--exclude-libs,ALL -s)
set_target_properties(jniblazefl4j PROPERTIES LINKER_LANGUAGE CXX LIBRARY_OUTPUT_DIRECTORY ${BFL_JNI_OUTPUT})
