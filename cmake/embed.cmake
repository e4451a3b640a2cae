# Turns every cl/*.cl into one C table of (name, source). `#include "x.clh"` lines are replaced by the file's
# text, so that at run time no path is needed, while a tool can still compile a kernel with -I cl.

function(siamese_embed_kernels OUTPUT)
  file(GLOB kernels CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cl/*.cl ${CMAKE_SOURCE_DIR}/cl/*.clh)
  set(generated ${CMAKE_BINARY_DIR}/generated/kernel_sources.c)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/cl -DOUTPUT=${generated}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_kernels.cmake
    DEPENDS ${kernels} ${CMAKE_SOURCE_DIR}/cmake/embed_kernels.cmake
    COMMENT "Embedding the OpenCL kernels" VERBATIM)
  set(${OUTPUT} ${generated} PARENT_SCOPE)
endfunction()
