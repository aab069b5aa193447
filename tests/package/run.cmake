# Installs build into a prefix of its own, then configures, builds and runs the user's project there.
# Needs: build, scratch, source, compiler, config.
file(REMOVE_RECURSE ${scratch})
set(prefix ${scratch}/prefix)

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output
                  ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    string(JOIN " " command ${ARGN})
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${build} --prefix ${prefix})
run(${CMAKE_COMMAND} -G Ninja -S ${source} -B ${scratch}/build -DCMAKE_PREFIX_PATH=${prefix}
    -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_BUILD_TYPE=${config})
run(${CMAKE_COMMAND} --build ${scratch}/build)
set(ENV{XDG_CACHE_HOME} ${scratch}/cache)
run(${scratch}/build/user)
# From the cache: there is no compiler.
file(GLOB_RECURSE module ${prefix}/liblathe_llvm.so)
if(module)
  file(RENAME ${module} ${module}.away)
  run(${scratch}/build/user)
  file(RENAME ${module}.away ${module})
endif()
if(EXISTS ${prefix}/bin/lathe)
  run(${prefix}/bin/lathe info)
  run(${prefix}/bin/lathe bench --mode compile)
endif()


# From C, by pkg-config's file alone.
file(GLOB_RECURSE pc ${prefix}/lathe.pc)
if(pc)
  get_filename_component(pc_pcfiledir ${pc} DIRECTORY)
  file(STRINGS ${pc} lines)
  foreach(line ${lines})
    string(REPLACE "\${" "@" line "${line}")
    foreach(name pcfiledir prefix libdir includedir)
      string(REPLACE "@${name}}" "${pc_${name}}" line "${line}")
    endforeach()
    if(line MATCHES "^([a-z]+)=(.*)$")
      set(pc_${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
    elseif(line MATCHES "^(Libs|Cflags): (.*)$")
      separate_arguments(pc_${CMAKE_MATCH_1} UNIX_COMMAND "${CMAKE_MATCH_2}")
    endif()
  endforeach()
  run(cc -std=c99 ${source}/main.c ${pc_Cflags} ${pc_Libs} -Wl,-rpath,${pc_libdir} -o ${scratch}/user_c)
  run(${scratch}/user_c)
endif()

# Nothing installed may point back into the source or build tree.
file(GLOB_RECURSE scripts ${prefix}/*.cmake)
foreach(script ${scripts})
  file(READ ${script} text)
  string(FIND "${text}" "${build}" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${script} names the build folder ${build}")
  endif()
endforeach()
message(STATUS "installed, found, built and run")
