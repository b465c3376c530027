# embed_migrations(TARGET DIR FUNCTION HEADER)
#
# The numbered .sql files of DIR become the function that HEADER declares: a span of db::Migration.
function(embed_migrations target dir function header)
    file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.sql)
    set(output ${PROJECT_BINARY_DIR}/generated/${target}_migrations.cpp)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DDIR=${PROJECT_SOURCE_DIR}/${dir} -DFUNCTION=${function} -DHEADER=${header}
                -DOUTPUT=${output} -P ${PROJECT_SOURCE_DIR}/cmake/write_migrations.cmake
        DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/write_migrations.cmake
        COMMENT "Embedding ${dir}"
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
