# What `cmake --install` puts where: headers, both libraries, a pkg-config file, and a CMake package that
# offers siamese::siamese (shared) and siamese::static.
include(CMakePackageConfigHelpers)

install(DIRECTORY include/siamese DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
set_target_properties(siamese_shared PROPERTIES EXPORT_NAME siamese)
set_target_properties(siamese_static PROPERTIES EXPORT_NAME static)
install(TARGETS siamese_shared siamese_static EXPORT siamese-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/siamese)
install(EXPORT siamese-targets NAMESPACE siamese:: FILE siameseTargets.cmake DESTINATION ${package_folder})
configure_package_config_file(cmake/siameseConfig.cmake.in siameseConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(siameseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/siameseConfig.cmake ${CMAKE_BINARY_DIR}/siameseConfigVersion.cmake
        DESTINATION ${package_folder})

# The file finds its prefix from where it lies, so that the installed tree may be moved.
file(RELATIVE_PATH SIAMESE_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/siamese.pc.in siamese.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/siamese.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
