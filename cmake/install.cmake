# cmake --install and find_package(lathe); see tests/package for a user of it.
