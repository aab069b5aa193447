# The tests that are no GoogleTest program: style, file tests, the installed package, fuzzers.
set(python ${Python3_EXECUTABLE} -B)  # -B: leaves no __pycache__ in the source tree

# lathe_script_test(NAME LABEL COMMAND...)
function(lathe_script_test name label)
  add_test(NAME ${name} COMMAND ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS ${label})
endfunction()

set(style ${CMAKE_CURRENT_SOURCE_DIR}/style)
foreach(check format layers length text shell)
  lathe_script_test(style.${check} style ${python} ${style}/check_${check}.py
                    ${PROJECT_SOURCE_DIR})
endforeach()
foreach(check layers text)
  lathe_script_test(style.${check}_selftest style ${python} ${style}/check_${check}.py --self-test)
endforeach()
lathe_script_test(lit_selftest style ${python} ${CMAKE_CURRENT_SOURCE_DIR}/lit/selftest.py)

if(TARGET lathe)
  add_dependencies(lathe_tests lathe)
  file(GLOB_RECURSE file_tests CONFIGURE_DEPENDS
       ${CMAKE_CURRENT_SOURCE_DIR}/files/*.lathe)
  if(file_tests)
    lathe_script_test(lit lit ${python} /usr/lib/llvm-19/build/utils/lit/lit.py -sv -j2
                      --param lathe=$<TARGET_FILE:lathe> ${CMAKE_CURRENT_SOURCE_DIR}/files)
  endif()
endif()

# A user's project against the installed library. A sanitizer would have to be in that project too.
if(NOT LATHE_SANITIZE)
  lathe_script_test(package package
    ${CMAKE_COMMAND} -D build=${PROJECT_BINARY_DIR} -D scratch=${CMAKE_CURRENT_BINARY_DIR}/package
    -D source=${CMAKE_CURRENT_SOURCE_DIR}/package -D compiler=${CMAKE_CXX_COMPILER}
    -D config=${CMAKE_BUILD_TYPE} -P ${CMAKE_CURRENT_SOURCE_DIR}/package/run.cmake)
endif()

# Fuzzers: tests/fuzz/NAME_fuzz.cpp, by clang's libFuzzer; preset "fuzz", tools/test_long.sh.
if(LATHE_FUZZ)
  add_custom_target(lathe_fuzzers)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
  foreach(source ${fuzzers})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE lathe_options lathe_frontend)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(lathe_fuzzers ${name})
  endforeach()
endif()
