# signalbox_library(NAME SOURCES… LINK …): one folder of ours, one static library. PCH names what most of its sources include and
# what is dear to parse: a header that few need, as Beast's, costs more there than it saves. None of ours: where comments alone
# changed, ccache finds the old precompiled one and g++ takes the new file for another. PCH_OF: the same as another target's.
function(signalbox_library name)
  cmake_parse_arguments(arg "" "PCH_OF" "SOURCES;LINK;PRIVATE_LINK;PCH" ${ARGN})
  add_library(signalbox_${name} STATIC ${arg_SOURCES})
  target_link_libraries(signalbox_${name} PUBLIC signalbox_flags ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  if(arg_PCH)
    target_precompile_headers(signalbox_${name} PRIVATE ${arg_PCH})
  elseif(arg_PCH_OF)
    target_precompile_headers(signalbox_${name} REUSE_FROM ${arg_PCH_OF})
  endif()
  set_target_properties(signalbox_${name} PROPERTIES UNITY_BUILD ${SIGNALBOX_UNITY} UNITY_BUILD_BATCH_SIZE ${SIGNALBOX_UNITY_SOURCES})
endfunction()

# signalbox_test(NAME SOURCES… LINK …): one GoogleTest program, its cases registered one by one with CTest, which has PROPERTIES of them.
function(signalbox_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;LABELS;PCH;PROPERTIES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE signalbox_flags ${arg_LINK} GTest::gtest GTest::gmock GTest::gtest_main)
  if(arg_PCH)
    target_precompile_headers(${name} PRIVATE ${arg_PCH})
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 300 ${arg_PROPERTIES})
endfunction()
