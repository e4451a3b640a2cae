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

# Turns report/ into one C string: the page with its style and script in place.
function(siamese_embed_report OUTPUT)
  file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/report/*)
  set(generated ${CMAKE_BINARY_DIR}/generated/report_page.c)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_SOURCE_DIR}/report -DOUTPUT=${generated}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_report.cmake
    DEPENDS ${parts} ${CMAKE_SOURCE_DIR}/cmake/embed_report.cmake
    COMMENT "Embedding the report's page" VERBATIM)
  set(${OUTPUT} ${generated} PARENT_SCOPE)
endfunction()

# Turns the default model's file into one C array, so that no path is needed to find it.
function(siamese_embed_default_model OUTPUT)
  set(model ${CMAKE_SOURCE_DIR}/datasets/default-model/default.siamese)
  set(generated ${CMAKE_BINARY_DIR}/generated/default_model.c)
  add_custom_command(
    OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DMODEL=${model} -DOUTPUT=${generated}
            -P ${CMAKE_SOURCE_DIR}/cmake/embed_default_model.cmake
    DEPENDS ${model} ${CMAKE_SOURCE_DIR}/cmake/embed_default_model.cmake
    COMMENT "Embedding the default model" VERBATIM)
  set(${OUTPUT} ${generated} PARENT_SCOPE)
endfunction()
