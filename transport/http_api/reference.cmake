# web/reference/ as strings inside the program: ${reference_source} is the file to compile.
set(reference_folder ${CMAKE_SOURCE_DIR}/web/reference)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${reference_folder}/index.html ${reference_folder}/reference.css
             ${reference_folder}/yaml.js ${reference_folder}/markdown.js ${reference_folder}/reference.js)
file(READ ${reference_folder}/index.html reference_html)
file(READ ${reference_folder}/reference.css reference_style)
set(reference_script "")
foreach(part yaml markdown reference)
  file(READ ${reference_folder}/${part}.js reference_part)
  string(APPEND reference_script "${reference_part}")
endforeach()
set(reference_source ${CMAKE_CURRENT_BINARY_DIR}/reference_sources.cpp)
configure_file(${CMAKE_CURRENT_LIST_DIR}/reference_sources.cpp.in ${reference_source} @ONLY)
