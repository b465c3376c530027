# module(NAME [PATH DIR] [USES module…] [LINKS library…] [FENCED header-prefix…])
#
# One folder, one static library. USES both links the modules and is the list that the layer test
# (cmake/layers.cmake) checks every #include against; FENCED names third-party headers that only this
# module may include. Files named *_test.cpp become the module's unit tests.
define_property(GLOBAL PROPERTY KOPPLA_LAYERS BRIEF_DOCS "lines: name|path|uses|fenced")

function(module name)
    cmake_parse_arguments(ARG "" "PATH" "USES;LINKS;FENCED" ${ARGN})
    if(NOT ARG_PATH)
        set(ARG_PATH src/${name})
    endif()
    list(JOIN ARG_USES "," uses)
    list(JOIN ARG_FENCED "," fenced)
    set_property(GLOBAL APPEND PROPERTY KOPPLA_LAYERS "${name}|${ARG_PATH}|${uses}|${fenced}")

    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${ARG_PATH}/*.cpp)
    set(tests ${sources})
    list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
    list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")

    if(sources)
        add_library(${name} STATIC ${sources})
        set(scope PUBLIC)
        if(KOPPLA_PCH)
            target_precompile_headers(${name} REUSE_FROM headers)
        endif()
    else()
        add_library(${name} INTERFACE)
        set(scope INTERFACE)
    endif()
    target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR}/src)
    if(NOT ARG_PATH MATCHES "^src/")
        target_include_directories(${name} ${scope} ${PROJECT_SOURCE_DIR})
    endif()
    target_link_libraries(${name} ${scope} flags ${ARG_USES} ${ARG_LINKS})

    if(tests AND KOPPLA_TESTS)
        add_executable(${name}_test ${tests})
        target_link_libraries(${name}_test PRIVATE ${name} GTest::gmock GTest::gtest_main rapidcheck
                                                   rapidcheck_gtest)
        discover_suites(${name}_test PREFIX "${name}: " FILTER "-*/postgres" PROPERTIES TIMEOUT 300 LABELS unit)
        # Tests of any database run on PostgreSQL too, on the one server of a test run.
        set(needs_server)
        foreach(test IN LISTS tests)
            file(STRINGS ${test} line REGEX "any_database\\.h\"")
            if(line)
                set(needs_server TRUE)
            endif()
        endforeach()
        if(needs_server)
            discover_suites(${name}_test PREFIX "${name}: " FILTER "*/postgres"
                            PROPERTIES TIMEOUT 300 LABELS unit FIXTURES_REQUIRED postgres
                                       ENVIRONMENT "KOPPLA_TEST_POSTGRES=${PROJECT_BINARY_DIR}/postgres.address")
        endif()
    endif()
endfunction()
