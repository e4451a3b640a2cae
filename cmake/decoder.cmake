# siamese-decode, which the library starts to decode pictures without rights (docs/architecture.md). It is found from
# where the library, or the program that it is linked into, lies.
set(SIAMESE_DECODE_FOLDER ${CMAKE_INSTALL_LIBEXECDIR}/siamese)
foreach(place BINDIR LIBDIR)
  file(RELATIVE_PATH from_${place} /${CMAKE_INSTALL_${place}} /${SIAMESE_DECODE_FOLDER}/siamese-decode)
endforeach()
set_source_files_properties(src/data/decoder_program.c PROPERTIES COMPILE_DEFINITIONS
  "SIAMESE_DECODE_FROM_PROGRAMS=\"${from_BINDIR}\";SIAMESE_DECODE_FROM_LIBRARIES=\"${from_LIBDIR}\";\
SIAMESE_DECODE_INSTALLED=\"${CMAKE_INSTALL_FULL_LIBEXECDIR}/siamese/siamese-decode\"")

# siamese_add_decoder(NAME SOURCE...): the program, and what tests put in front of its decoders.
function(siamese_add_decoder NAME)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/decoder/*.c)
  add_executable(${NAME} ${sources} ${ARGN})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${NAME} PRIVATE siamese_options siamese_static PkgConfig::SECCOMP)
  # Of what the whole library needs, it takes the decoders alone.
  target_link_options(${NAME} PRIVATE LINKER:--as-needed)
endfunction()

siamese_add_decoder(siamese-decode)
set_target_properties(siamese-decode PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${SIAMESE_DECODE_FOLDER})
install(TARGETS siamese-decode RUNTIME DESTINATION ${SIAMESE_DECODE_FOLDER})
