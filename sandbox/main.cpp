#include "sandbox/serve.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace {

using namespace koppla;
using namespace koppla::sandbox;

constexpr const char* examples =
    "Examples:\n"
    "  koppla-sandbox serve --state org.db --seed 1 --records Contact=10000,Account=1000 --ready-file "
    "ready.json\n"
    "  koppla-sandbox serve --state org.db                 the same org again, with what was changed in it\n"
    "  koppla-sandbox serve --state org.db --records contact=10000   rows of a Dynamics table: lower-case "
    "names\n"
    "  koppla-sandbox serve --state real.db --org DIR      the describes and records of an org folder\n"
    "  koppla-sandbox serve --state real.db --org FILE.metadata.xml   the tables of a Dynamics $metadata\n"
    "Then, say:\n"
    "  curl --cacert org.db.ca.pem https://127.0.0.1:PORT/services/data\n"
    "  curl --cacert org.db.ca.pem https://127.0.0.1:PORT/sandbox/journal\n";

/// "Contact=10000"
Result<std::map<std::string, std::int64_t>> read_records(const std::vector<std::string>& items) {
    std::map<std::string, std::int64_t> records;
    for (const auto& item : items) {
        const auto equals = item.find('=');
        std::int64_t count = -1;
        if (equals != std::string::npos && equals > 0) {
            const auto* begin = item.data() + equals + 1;
            const auto* end = item.data() + item.size();
            if (std::from_chars(begin, end, count).ptr != end || begin == end) count = -1;
        }
        if (count < 0)
            return error(ErrorKind::invalid,
                         "--records: '" + item + "' is not OBJECT=NUMBER, as in Contact=10000");
        records[item.substr(0, equals)] = count;
    }
    return records;
}

/// Dynamics tables have names in lower case, Salesforce objects don't.
bool is_table(const std::string& name) {
    return std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// The $metadata document that a path of --org names: a file, or the only one of a folder; nothing for an org
/// folder with describes.
Result<std::optional<std::filesystem::path>> metadata_of(const std::filesystem::path& path) {
    if (std::filesystem::is_regular_file(path)) return std::optional{path};
    std::vector<std::filesystem::path> found;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator{path, unreadable})
        if (entry.path().extension() == ".xml") found.push_back(entry.path());
    if (found.empty()) return std::optional<std::filesystem::path>{};
    if (found.size() == 1) return std::optional{found.front()};
    return error(ErrorKind::invalid, "--org: " + path.string() + " has " + std::to_string(found.size()) +
                                         " $metadata documents: name one of the files");
}

/// Says on stderr how far the generator is, once it has taken a second.
class Progress {
  public:
    void operator()(const std::string& object, std::int64_t rows, std::int64_t total) {
        const auto now = std::chrono::steady_clock::now();
        if (now - begun_ < std::chrono::seconds{1} || now - told_ < std::chrono::milliseconds{500}) return;
        told_ = now;
        fmt::print(stderr, "{}: {} of {} rows\n", object, rows, total > 0 ? std::to_string(total) : "?");
    }

  private:
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point told_{};
};

int serve(const ServeOptions& options) {
    // Blocked before any thread starts, so that every thread leaves them to sigwait.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);

    SystemClock clock;
    auto running = Running::start(options, clock);
    if (!running) {
        fmt::print(stderr, "koppla-sandbox: {}\n", running.error().message);
        return 1;
    }
    for (const auto& misfit : (*running)->misfits()) fmt::print(stderr, "doesn't fit: {}\n", misfit);
    fmt::print("listening on {} (Salesforce)\nlistening on {} (Dynamics)\n", (*running)->url(),
               (*running)->dynamics_url());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    running->reset();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Stand-ins for a Salesforce and a Dynamics 365 org, over https, for trials and tests",
                 "koppla-sandbox"};
    app.set_version_flag("--version", KOPPLA_VERSION);
    app.require_subcommand(1);
    app.footer(examples);

    ServeOptions options;
    std::string state;
    std::vector<std::string> folders;
    std::string ready_file;
    std::vector<std::string> records;
    auto* command = app.add_subcommand("serve", "Serve an org until it is told to stop (SIGTERM, Ctrl-C)");
    command
        ->add_option("--state", state, "SQLite file of the org; made when absent, with FILE.ca.pem beside it")
        ->required()
        ->type_name("FILE");
    command->add_option("--seed", options.org.seed, "What the generated records depend on")
        ->capture_default_str();
    command
        ->add_option(
            "--records", records,
            "Records to generate into empty objects: Contact=10000,Account=500; names in lower case are "
            "Dynamics tables: contact=10000")
        ->delimiter(',')
        ->type_name("OBJECT=N");
    command
        ->add_option(
            "--org", folders,
            "Org folder with describes and records, or a Dynamics $metadata document (a file, or the "
            "only .xml of a folder), instead of our own")
        ->type_name("DIR");
    command->add_option("--address", options.address, "Where to listen; off loopback /sandbox/ is hidden")
        ->capture_default_str();
    command->add_option("--port", options.port, "Of the Salesforce org; 0: a free one")
        ->capture_default_str();
    command->add_option("--dynamics-port", options.dynamics_port, "Of the Dynamics org; 0: a free one")
        ->capture_default_str();
    command
        ->add_option("--ready-file", ready_file, "Written when it listens: url, ca and credentials as JSON")
        ->type_name("FILE");
    command->footer(examples);
    CLI11_PARSE(app, argc, argv);

    auto counts = read_records(records);
    if (!counts) {
        fmt::print(stderr, "koppla-sandbox: {}\n", counts.error().message);
        return 2;
    }
    options.org.state = state;
    for (const auto& folder : folders) {
        const auto metadata = metadata_of(folder);
        if (!metadata) {
            fmt::print(stderr, "koppla-sandbox: {}\n", metadata.error().message);
            return 2;
        }
        if (*metadata)
            options.dynamics.metadata = **metadata;
        else
            options.org.folder = folder;
    }
    for (const auto& [name, count] : *counts)
        (is_table(name) ? options.dynamics.records : options.org.records)[name] = count;
    options.org.progress = Progress{};
    options.dynamics.progress = Progress{};
    if (!ready_file.empty()) options.ready_file = ready_file;
    return serve(options);
}
