# lathe_library(NAME FOLDER [DEPS ...]): a static library of every .cpp in a folder tree, with the
# project's warnings. Sources are globbed so that a new op or pass is a new file and nothing else.
add_library(lathe_options INTERFACE)
target_compile_options(lathe_options INTERFACE
  -Wall -Wextra -Werror=switch -Wnon-virtual-dtor -Wno-missing-field-initializers)
# Warnings are errors where they can be trusted: GCC's flow warnings under a sanitizer cannot.
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(lathe_options INTERFACE -Werror)
elseif(NOT LATHE_SANITIZE)
  target_compile_options(lathe_options INTERFACE
    -Werror -Wno-restrict)  # GCC 12 sees an overlap in std::string + that is not there (PR 105651)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(lathe_options INTERFACE LATHE_DEBUG=1)
endif()
if(LATHE_SANITIZE)
  target_compile_definitions(lathe_options INTERFACE LATHE_SANITIZED=1)
  if(LATHE_SANITIZE MATCHES "thread")
    target_compile_definitions(lathe_options INTERFACE LATHE_SANITIZED_THREADS=1)
  endif()
  target_compile_options(lathe_options INTERFACE
    -fsanitize=${LATHE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    # It would look for the type of a function before its code, where the JIT's have nothing.
    target_compile_options(lathe_options INTERFACE -fno-sanitize=function)
  endif()
  target_link_options(lathe_options INTERFACE -fsanitize=${LATHE_SANITIZE})
endif()

# lathe_precompiled(NAME): with LATHE_PCH the target takes outside headers from one precompiled file,
# which halves the time of a build from nothing. Release goes without for what is installed: there a
# file that misses an #include of its own does not compile.
if(LATHE_PCH)
  add_library(lathe_precompiled OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
  # clang no longer sees that the standard library's own use of what is deprecated is its own.
  target_compile_options(lathe_options INTERFACE -Wno-deprecated-declarations)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")  # ccache asks for it
    target_compile_options(lathe_options INTERFACE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_link_libraries(lathe_precompiled PRIVATE lathe_options fmt::fmt nlohmann_json::nlohmann_json)
  target_precompile_headers(lathe_precompiled PRIVATE ${CMAKE_CURRENT_LIST_DIR}/precompiled.h)
endif()
function(lathe_precompiled name)
  get_target_property(kind ${name} TYPE)
  if(LATHE_PCH AND kind STREQUAL "EXECUTABLE")  # compiled with -fPIE: needs its own
    target_precompile_headers(${name} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.h)
  elseif(LATHE_PCH)
    target_precompile_headers(${name} REUSE_FROM lathe_precompiled)
  endif()
endfunction()

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
  lathe_precompiled(${name})
endfunction()
