# lathe_library(NAME FOLDER [DEPS ...]): a static library of every .cpp in a folder tree, with the
# project's warnings. Sources are globbed so that a new op or pass is a new file and nothing else.
add_library(lathe_options INTERFACE)
target_compile_options(lathe_options INTERFACE
  -Wall -Wextra -Werror=switch -Wnon-virtual-dtor -Wno-missing-field-initializers)
# Warnings are errors where they can be trusted: GCC's flow warnings under a sanitizer cannot.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT LATHE_SANITIZE)
  target_compile_options(lathe_options INTERFACE
    -Werror -Wno-restrict)  # GCC 12 sees an overlap in std::string + that is not there (PR 105651)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(lathe_options INTERFACE LATHE_DEBUG=1)
endif()
if(LATHE_SANITIZE)
  target_compile_options(lathe_options INTERFACE
    -fsanitize=${LATHE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lathe_options INTERFACE -fsanitize=${LATHE_SANITIZE})
endif()

function(lathe_library name)
  cmake_parse_arguments(ARG "" "" "DEPS;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  foreach(pattern ${ARG_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  if(NOT sources)  # a folder that has no code yet
    add_library(${name} INTERFACE)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  add_library(lathe::${name} ALIAS ${name})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/lathe/internal>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:lathe_options> PUBLIC ${ARG_DEPS})
endfunction()
