#include "app/commands/commands.h"
#include "app/program.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace koppla {

namespace {

std::string_view origin_text(KeySource::Origin origin) {
    switch (origin) {
        case KeySource::Origin::credential:
            return "the systemd credential";
        case KeySource::Origin::named_file:
            return "the file that KOPPLA_KEY_FILE names";
        case KeySource::Origin::beside_store:
            return "a file beside the store";
        case KeySource::Origin::config_folder:
            return "in your folder of settings; other machines that use this store need a copy of it";
    }
    return "";
}

Result<Exit> init(const Program& program) {
    const auto store = TRY(Store::create(program.store_location, program.call()));
    const KeySource& key = store->vault().source();
    if (program.wants_json) {
        Program::print({{"store", store->place().text()},
                        {"key_file", key.path.string()},
                        {"key_id", store->vault().key_id()}});
        return Exit::ok;
    }
    fmt::print(
        "Made the store {}.\n"
        "Its sealing key lies in {} ({}).\n\n"
        "The key opens the credentials of your accounts. Keep a copy of it in a safe place, apart from the\n"
        "copies of the store: with both, a thief has your CRM; without the key, nobody can read the stored\n"
        "credentials again, and each has to be entered anew. The imported records aren't sealed.\n",
        store->place().text(), key.path.string(), origin_text(key.origin));
    return Exit::ok;
}

}  // namespace

void add_init(CLI::App& app, Program& program) {
    CLI::App* command = app.add_subcommand("init", "make a store, and the key that seals its secrets");
    command->footer(
        "Example:\n  koppla init --store sqlite:/var/lib/koppla/koppla.db\n"
        "  koppla init --store 'postgres://koppla@db.example.com/crm?schema=koppla'");
    command->callback([&program] { program.run([&program] { return init(program); }); });
}

}  // namespace koppla
