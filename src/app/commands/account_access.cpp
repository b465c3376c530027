#include "app/commands/account_line.h"
#include "app/connection.h"
#include "app/doctor/finding.h"
#include "app/stored_tokens.h"
#include "app/terminal.h"
#include "http/certificate.h"
#include "http/redirect.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

namespace koppla {

namespace {

using nlohmann::json;

/// How long a person may take to log in.
constexpr std::chrono::minutes login_time_max{15};

constexpr int certificate_days = 730;

/// As a person compares thumbprints: "1F2E…".
std::string hex(std::string_view bytes) {
    return fmt::format("{:02X}", fmt::join(std::vector<unsigned char>{bytes.begin(), bytes.end()}, ""));
}

json to_json(const Identity& identity, const Usage& usage, const std::vector<std::string>& notices) {
    const Finding clock = judge_clock(identity.clock_difference);
    json document = {
        {"user", identity.user},
        {"organization", identity.organization},
        {"organization_id", identity.organization_id},
        {"server", identity.server},
        {"api_version", identity.api_version},
        {"clock_difference_seconds", static_cast<double>(identity.clock_difference.count()) / 1000.0},
        {"clock", name(clock.level)},
        {"round_trip_ms", identity.round_trip.count()},
        {"charged_calls", usage.charged_calls},
        {"notices", notices}};
    if (usage.allowance_used) document["allowance_used"] = *usage.allowance_used;
    if (usage.allowance_max) document["allowance_max"] = *usage.allowance_max;
    return document;
}

std::string line_of(const Finding& finding) {
    return finding.remedy.empty() ? finding.text : fmt::format("{}; {}", finding.text, finding.remedy);
}

bool has_screen() {
    const auto is_set = [](const char* variable) {
        const char* const value = std::getenv(variable);
        return value != nullptr && *value != '\0';
    };
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

/// Where it can't be opened, the person has the printed address.
void open_in_browser(const std::string& address) {
    std::string program = "xdg-open";
    std::string argument = address;
    char* arguments[] = {program.data(), argument.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_RDWR, 0);
    // Ctrl-C is blocked in our own threads, and would be in the browser for ever.
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    pid_t child = 0;
    (void)posix_spawnp(&child, program.c_str(), &files, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
}

Result<std::string> received_answer(const BrowserLogin& login, const Call& call) {
    const auto callback = http::parse_url(login.callback());
    if (!callback) return error(ErrorKind::invalid, "setting 'callback' is no address");
    auto listener = http::RedirectListener::start(callback->port);
    if (!listener) {
        return error(
            listener.error().kind,
            fmt::format("{}; end the program that has this port, log in with --no-browser, or set another "
                        "'callback' and put it into the app's Callback URL",
                        listener.error().message));
    }
    Program::tell(fmt::format("Log in with a browser on this machine at:\n\n{}\n", login.address()));
    if (has_screen()) open_in_browser(login.address());
    const auto is_answer = [&](std::string_view target) {
        return target.substr(0, target.find('?')) == callback->path_and_query && login.is_answer(target);
    };
    return (*listener)->wait(is_answer,
                             "Koppla has the answer. You may close this page and look at the terminal.",
                             call.within(login_time_max));
}

Result<std::string> pasted_answer(const BrowserLogin& login, const Call& call) {
    Program::tell(
        fmt::format("Log in with a browser anywhere at:\n\n{}\n\nThe browser ends at an address that begins "
                    "with {} and that it can't show. Copy that address.",
                    login.address(), login.callback()));
    if (can_ask()) return ask("Paste it here:", "--no-browser", call);
    std::string answer;
    if (!std::getline(std::cin, answer)) return error(ErrorKind::cancelled, "no answer was given");
    return answer;
}

using Notices = std::vector<std::string>;

Result<Notices> complete(BrowserLogin& login, const AccountLine& line, const Call& call) {
    return login.finish(TRY(line.opens_browser ? received_answer(login, call) : pasted_answer(login, call)),
                        call);
}

Result<Notices> complete(DeviceLogin& login, const AccountLine& /*line*/, const Call& call) {
    Program::tell(
        fmt::format("Open with a browser anywhere:\n\n{}\n\nand enter the code {} there. Waiting for it …",
                    login.address(), login.code()));
    return login.finish(call.within(login_time_max));
}

/// A file that wasn't there; taken away again unless it is kept.
class FreshFile {
  public:
    static Result<std::unique_ptr<FreshFile>> create(const std::string& path) {
        constexpr mode_t everybody_reads = 0644;
        const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, everybody_reads);
        if (descriptor >= 0) return std::unique_ptr<FreshFile>{new FreshFile{path, descriptor}};
        if (errno == EEXIST)
            return error(ErrorKind::conflict, fmt::format("there is a file {} already; name another", path));
        return error(ErrorKind::denied,
                     fmt::format("making the file {} failed: {}", path, std::strerror(errno)));
    }
    ~FreshFile() {
        ::close(descriptor_);
        if (!is_kept_) ::unlink(path_.c_str());
    }
    FreshFile(const FreshFile&) = delete;
    FreshFile& operator=(const FreshFile&) = delete;

    Result<void> write(std::string_view text) {
        if (::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
        return error(ErrorKind::unavailable,
                     fmt::format("writing {} failed: {}", path_, std::strerror(errno)));
    }
    void keep() { is_kept_ = true; }

  private:
    FreshFile(std::string path, int descriptor) : path_{std::move(path)}, descriptor_{descriptor} {}
    std::string path_;
    int descriptor_;
    bool is_kept_ = false;
};

/// What the store holds of that name, or nothing.
Result<std::optional<Secret>> stored_secret(Accounts& accounts, const Account& account,
                                            std::string_view setting) {
    Result<Secret> stored = accounts.secret(account.name, setting);
    if (stored) return std::optional<Secret>{std::move(*stored)};
    if (stored.error().kind == ErrorKind::not_found) return std::optional<Secret>{};
    return stored.error();
}

/// The account's key: the stored one, or a new one, which is stored within the transaction.
Result<Secret> key_of(Accounts& accounts, const Account& account, const SigningSettings& signing,
                      const AccountLine& line) {
    if (!line.wants_new_key) {
        const auto stored = TRY(stored_secret(accounts, account, signing.key));
        if (stored) return *stored;
    }
    Secret made = TRY(http::make_signing_key());
    TRY(accounts.set_secret(account.name, signing.key, made));
    return made;
}

/// The certificate of the key, PEM. Where the login needs it, the stored one, which the CRM may know already;
/// or a new one, which is stored within the transaction and takes the place of a thumbprint.
Result<std::string> certificate_of(Accounts& accounts, Account account, const SigningSettings& signing,
                                   const AccountLine& line) {
    const auto stored_key =
        line.wants_new_key ? std::optional<Secret>{} : TRY(stored_secret(accounts, account, signing.key));
    const Secret key = TRY(key_of(accounts, account, signing, line));
    if (!signing.certificate.empty() && stored_key && !line.certificate_days) {
        const auto stored = TRY(stored_secret(accounts, account, signing.certificate));
        if (stored && http::check_pair(stored->reveal(), key)) return stored->reveal();
    }
    std::string made =
        TRY(http::make_signing_certificate({.common_name = "koppla " + account.name,
                                            .names = {},
                                            .days_valid = line.certificate_days.value_or(certificate_days)},
                                           key));
    if (signing.certificate.empty()) return made;
    TRY(accounts.set_secret(account.name, signing.certificate, Secret{made}));
    if (account.settings.erase(std::string{signing.thumbprint}) > 0) TRY(accounts.update(account));
    return made;
}

}  // namespace

Result<Exit> test_account(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.name, program.clock, program.call()));
    const Identity identity = TRY(connection->connector().check(program.call()));
    const Usage usage = connection->connector().usage();
    const std::vector<std::string> notices = connection->notices();
    if (program.wants_json) {
        Program::print(to_json(identity, usage, notices));
        return Exit::ok;
    }
    fmt::print(
        "The account {} works.\n"
        "  user          {}\n  organisation  {} ({})\n  server        {}\n  API version   {}\n"
        "  API calls     {}\n  clock         {}\n  round trip    {} ms\n",
        line.name, identity.user, identity.organization, identity.organization_id, identity.server,
        identity.api_version, line_of(judge_allowance(usage)),
        line_of(judge_clock(identity.clock_difference)), identity.round_trip.count());
    for (const std::string& notice : notices) Program::tell(notice);
    return Exit::ok;
}

Result<Exit> log_in_account(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const auto connection = TRY(Connection::open(*store, line.name, program.clock, program.call()));
    const PersonLogin login = TRY(connection->log_in_by_person(program.call()));
    const Notices notices =
        TRY(std::visit([&](const auto& begun) { return complete(*begun, line, program.call()); }, login));
    {
        const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
        TRY(note_deed(*transaction, program, "account.login", line.name, ""));
        TRY(transaction->commit());
    }
    const Identity identity = TRY(connection->connector().check(program.call()));
    if (program.wants_json) {
        Program::print(to_json(identity, connection->connector().usage(), notices));
        return Exit::ok;
    }
    fmt::print("Logged in to the account {} as {} ({}).\n", line.name, identity.user, identity.organization);
    for (const std::string& notice : notices) Program::tell(notice);
    return Exit::ok;
}

Result<Exit> write_certificate(const Program& program, const AccountLine& line) {
    const auto store = TRY(program.open_store());
    const auto transaction = TRY(store->database().begin(db::Access::write, program.call()));
    Accounts accounts{*transaction, store->vault()};
    const Account account = TRY(accounts.find(line.name));
    const AccountType& type = *TRY(account_type(account.type));
    const SigningSettings signing = type.signing(account.settings);
    if (signing.key.empty()) {
        const std::string other = fmt::format("; let it log in with one by: koppla account edit {} {}",
                                              account.name, type.signing_options);
        return error(ErrorKind::invalid, fmt::format("the account {} logs in without a key{}", account.name,
                                                     type.signing_options.empty() ? "" : other));
    }
    const std::string certificate = TRY(certificate_of(accounts, account, signing, line));
    const http::CertificateFacts facts = TRY(http::read_certificate(certificate));
    TRY(note_deed(*transaction, program, "account.certificate", account.name,
                  line.wants_new_key ? "with a new key" : ""));
    // A session of the old one would hide that the new one isn't known yet.
    if (line.wants_new_key || line.certificate_days)
        TRY(StoredTokens(*store, account.name, program.clock).remove(program.call()));
    std::unique_ptr<FreshFile> file;
    if (!line.certificate_file.empty()) {
        file = TRY(FreshFile::create(line.certificate_file));
        TRY(file->write(certificate));
    }
    TRY(transaction->commit());
    if (file) file->keep();

    if (program.wants_json) {
        Program::print({{"account", account.name},
                        {"certificate", certificate},
                        {"file", line.certificate_file},
                        {"valid_until", format_instant(facts.ends)},
                        {"sha1", hex(facts.sha1)},
                        {"sha256", hex(facts.sha256)},
                        {"steps", type.certificate_steps}});
        return Exit::ok;
    }
    if (!file) fmt::print("{}", certificate);
    Program::tell(
        fmt::format("{}The certificate is valid until {}. The key is sealed in the store and stays there.\n"
                    "  thumbprint (SHA-1)  {}\n  SHA-256             {}\n"
                    "\n{}\nThen see whether it works: koppla account test {}",
                    file ? fmt::format("Wrote {}. ", line.certificate_file) : "",
                    format_instant(facts.ends).substr(0, 10), hex(facts.sha1), hex(facts.sha256),
                    type.certificate_steps, account.name));
    return Exit::ok;
}

}  // namespace koppla
