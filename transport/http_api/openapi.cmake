# docs/openapi.yaml as a string inside the program: ${openapi_source} is the file to compile.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/openapi.yaml)
file(READ ${CMAKE_SOURCE_DIR}/docs/openapi.yaml openapi_text)
set(openapi_source ${CMAKE_CURRENT_BINARY_DIR}/openapi.cpp)
configure_file(${CMAKE_CURRENT_LIST_DIR}/openapi.cpp.in ${openapi_source} @ONLY)
