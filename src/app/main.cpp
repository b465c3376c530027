#include "app/commands/commands.h"
#include "app/program.h"
#include "app/signals.h"

#include <algorithm>
#include <exception>
#include <iostream>
#include <span>
#include <string_view>

#include <CLI/CLI.hpp>
#include <malloc.h>
#include <nlohmann/json.hpp>

namespace {

constexpr const char* examples = R"(
The way to a first import:
  koppla init
  koppla account add acme --type salesforce --server https://acme.my.salesforce.com \
      --auth client-credentials --client-id ID --client-secret-file secret.txt
      (--type dynamics and odata: see koppla account add --help)
  koppla account test acme
  koppla wizard acme
  koppla import acme --all

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 incomplete (start again to go on),
            4 done but records were refused, 130 interrupted.
)";

/// Pages of records lie outside the heap, and go back to the system whole: glibc would move this bound up to
/// their size after the first of them, and leave holes of their size.
constexpr int own_mapping_bytes = 1 << 20;

}  // namespace

int main(int argc, char** argv) try {
    mallopt(M_MMAP_THRESHOLD, own_mapping_bytes);
    const koppla::Signals signals;
    const koppla::SystemClock clock;
    koppla::Program program{clock, signals.stop()};

    CLI::App app{"Koppla keeps your SQL database and your CRM up to date with each other."};
    app.set_version_flag("--version", "koppla " KOPPLA_VERSION);
    app.footer(examples);
    app.require_subcommand(1);
    app.fallthrough();
    app.option_defaults()->always_capture_default();
    app.add_option("--store", program.store_location,
                   "where accounts, schemas and records are kept: sqlite:PATH or\n"
                   "postgres://USER@HOST:PORT/DATABASE?schema=koppla")
        ->envname("KOPPLA_STORE")
        ->default_val("sqlite:koppla.db");
    app.add_flag("--json", program.wants_json, "print the result as one JSON document");

    koppla::add_init(app, program);
    koppla::add_account(app, program);
    koppla::add_wizard(app, program);
    koppla::add_import(app, program);
    koppla::add_import_deleted(app, program);
    koppla::add_export(app, program);
    koppla::add_delete(app, program);
    koppla::add_schema(app, program);
    koppla::add_run(app, program);
    koppla::add_option(app, program);
    koppla::add_store(app, program);
    koppla::add_doctor(app, program);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (app.exit(e) == 0) return 0;
        // What was to be parsed isn't there yet.
        const std::span words{argv, static_cast<std::size_t>(argc)};
        if (std::ranges::any_of(words, [](std::string_view word) { return word == "--json"; })) {
            koppla::Program::print(
                {{"error", {{"kind", "invalid"}, {"symbol", "USAGE"}, {"message", e.what()}}}});
        }
        return static_cast<int>(koppla::Exit::usage);
    }
    return program.exit_code();
} catch (const std::exception& e) {
    std::cerr << "koppla: " << e.what() << '\n';
    return static_cast<int>(koppla::Exit::failed);
}
