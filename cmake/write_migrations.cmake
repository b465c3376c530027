# Run as: cmake -DDIR=… -DFUNCTION=… -DHEADER=… -DOUTPUT=file -P write_migrations.cmake
file(GLOB files ${DIR}/*.sql)
list(SORT files)
set(entries "")
foreach(file ${files})
    get_filename_component(name ${file} NAME_WE)
    if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
        message(FATAL_ERROR "${file}: a migration is named 0001_what_it_does.sql")
    endif()
    set(title ${CMAKE_MATCH_2})
    math(EXPR number "${CMAKE_MATCH_1} + 0")  # a leading 0 would make it octal
    file(READ ${file} sql)
    string(APPEND entries "    {.number = ${number}, .name = \"${title}\", .sql = R\"migration(${sql})migration\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n
#include <array>\n
namespace koppla {
namespace {
constexpr auto all = std::to_array<db::Migration>({\n${entries}});
}  // namespace\n
std::span<const db::Migration> ${FUNCTION}() { return all; }\n
}  // namespace koppla\n")
