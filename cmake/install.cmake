# cmake --install and find_package(lathe); tests/package is a user of it.
include(CMakePackageConfigHelpers)

# The libraries that have sources, each by its short name: lathe::ir, lathe::frontend, ...
set(lathe_installed "")
foreach(name ir runtime passes interp codegen frontend)
  if(TARGET lathe_${name})
    set_target_properties(lathe_${name} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS lathe_${name} EXPORT lathe-targets
            ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
    list(APPEND lathe_installed lathe::${name})
  endif()
endforeach()
# What compiles: loaded by the others when something has to be compiled, from here.
if(TARGET lathe_llvm_module)
  set_target_properties(lathe_llvm_module PROPERTIES INSTALL_RPATH "${LLVM_LIBRARY_DIRS}")
  install(TARGETS lathe_llvm_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lathe)
endif()
if(TARGET lathe_shared)
  install(TARGETS lathe_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  # Wherever the installation is.
  file(RELATIVE_PATH lathe_up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  configure_file(cmake/lathe.pc.in ${PROJECT_BINARY_DIR}/lathe.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/lathe.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
if(TARGET lathe)
  install(TARGETS lathe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

# The public headers, and those of ours that they include: found when installing, by reading them.
install(CODE "
  set(lathe_source \"${PROJECT_SOURCE_DIR}\")
  set(lathe_include \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")")
install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/install_headers.cmake)

set(lathe_package ${CMAKE_INSTALL_LIBDIR}/cmake/lathe)
set(lathe_library_folder ${CMAKE_INSTALL_LIBDIR}/lathe)
configure_package_config_file(cmake/lathe-config.cmake.in ${PROJECT_BINARY_DIR}/lathe-config.cmake
                              INSTALL_DESTINATION ${lathe_package}
                              PATH_VARS lathe_library_folder)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lathe-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/lathe-config.cmake
              ${PROJECT_BINARY_DIR}/lathe-config-version.cmake
              cmake/FindHDF5Serial.cmake
              cmake/FindLibCsv.cmake
        DESTINATION ${lathe_package})
install(EXPORT lathe-targets NAMESPACE lathe:: DESTINATION ${lathe_package})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/lathe)
