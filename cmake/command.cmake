# siamese_add_command(NAME SOURCE...): a program that reads its options by apps/common. Its manual page and
# shell completion come from the same table as the options, so the program prints them itself.
set(SIAMESE_PAGES ${CMAKE_BINARY_DIR}/share/man/man1)
set(SIAMESE_COMPLETIONS ${CMAKE_BINARY_DIR}/share/bash-completion/completions)
file(MAKE_DIRECTORY ${SIAMESE_PAGES} ${SIAMESE_COMPLETIONS})

function(siamese_add_command NAME)
  add_executable(${NAME} ${ARGN})
  target_link_libraries(${NAME} PRIVATE app_common)
  install(TARGETS ${NAME} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(NOT CMAKE_CROSSCOMPILING)
    add_custom_command(TARGET ${NAME} POST_BUILD
                       COMMAND ${NAME} --man-page > ${SIAMESE_PAGES}/${NAME}.1
                       COMMAND ${NAME} --completion > ${SIAMESE_COMPLETIONS}/${NAME} VERBATIM)
    install(FILES ${SIAMESE_PAGES}/${NAME}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
    install(FILES ${SIAMESE_COMPLETIONS}/${NAME} DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  endif()
endfunction()
