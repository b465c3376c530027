#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own
class App;
}

namespace koppla {

class Program;

/// Each adds its part of the command line. `program` outlives the parsing.
void add_init(CLI::App& app, Program& program);
void add_account(CLI::App& app, Program& program);
void add_wizard(CLI::App& app, Program& program);
void add_import(CLI::App& app, Program& program);
void add_export(CLI::App& app, Program& program);
void add_delete(CLI::App& app, Program& program);
void add_import_deleted(CLI::App& app, Program& program);
void add_schema(CLI::App& app, Program& program);
void add_run(CLI::App& app, Program& program);
void add_option(CLI::App& app, Program& program);
void add_store(CLI::App& app, Program& program);
void add_doctor(CLI::App& app, Program& program);

}  // namespace koppla
