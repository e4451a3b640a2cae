# What the project stands on; docs/dependencies.md says why each was chosen.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenCL REQUIRED)
find_package(JPEG REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(WEBP REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(CLBLAST REQUIRED IMPORTED_TARGET clblast)
pkg_check_modules(STB REQUIRED IMPORTED_TARGET stb)
find_package(ZLIB REQUIRED)
find_path(STB_INCLUDE_DIR stb/stb_image.h REQUIRED)
mark_as_advanced(STB_INCLUDE_DIR)

set(SIAMESE_DEPENDENCIES OpenCL::OpenCL PkgConfig::CLBLAST PkgConfig::JANSSON JPEG::JPEG PkgConfig::WEBP
    Threads::Threads m)
# The same for pkg-config, beside -pthread and -lm (cmake/siamese.pc.in).
set(SIAMESE_PC_REQUIRES "OpenCL clblast jansson libjpeg libwebp libwebpdemux")
if(SIAMESE_TESTS)
  pkg_check_modules(CRITERION IMPORTED_TARGET criterion)
  if(NOT CRITERION_FOUND)
    message(STATUS "Criterion was not found: the tests are not built (Debian: libcriterion-dev)")
    set(SIAMESE_TESTS OFF)
  endif()
endif()
