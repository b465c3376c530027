# discover_suites(<program> PREFIX <text> [FILTER <gtest filter>] [PROPERTIES <of each test>…])
# A CTest test for each suite of a GoogleTest program, once it is built: most of a small test's time is the start of
# its program, under the sanitizers half a second and more.
function(discover_suites program)
    cmake_parse_arguments(PARSE_ARGV 1 ARG "" "PREFIX;FILTER" "PROPERTIES")
    string(MAKE_C_IDENTIFIER "${program}${ARG_FILTER}" name)
    set(list ${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake)
    add_custom_command(TARGET ${program} POST_BUILD VERBATIM COMMAND
        ${CMAKE_COMMAND} "-DPROGRAM=$<TARGET_FILE:${program}>" "-DPREFIX=${ARG_PREFIX}" "-DFILTER=${ARG_FILTER}"
        "-DPROPERTIES=${ARG_PROPERTIES}" "-DLIST=${list}" -P ${PROJECT_SOURCE_DIR}/cmake/write_suites.cmake)
    file(WRITE ${list}.include
         "if(EXISTS \"${list}\")\n  include(\"${list}\")\nelse()\n  add_test(${program}_NOT_BUILT ${program}_NOT_BUILT)\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${list}.include)
endfunction()
