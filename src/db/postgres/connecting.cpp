#include "db/postgres/connecting.h"

#include "db/naming.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

namespace koppla::db::postgres {

namespace {

std::string application_name() {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    return fitting(fmt::format("koppla {} on {}", ::getpid(), host.data()), 63);
}

bool is_sqlstate(std::string_view text) {
    return text.size() == 5 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

/// What libpq says when it isn't let in: "… failed: FATAL:  28P01: password authentication failed …", in
/// whatever language; without a code where no server answered.

/// Where nobody has said which authorities a server's certificate may be from, those that the system trusts;
/// libpq would refuse every one.
std::string root_certificate(const PostgresAddress& address) {
    constexpr const char* system = "/etc/ssl/certs/ca-certificates.crt";
    if (!address.ssl_root_certificate.empty() || address.ssl_mode != "verify-full")
        return address.ssl_root_certificate;
    const char* const home = std::getenv("HOME");
    const bool has_own =
        std::getenv("PGSSLROOTCERT") != nullptr ||
        (home != nullptr && ::access((std::string{home} + "/.postgresql/root.crt").c_str(), R_OK) == 0);
    return has_own || ::access(system, R_OK) != 0 ? "" : system;
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string result = shortened(text);
    while (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
}

ServerMessage refusal_in(std::string_view said) {
    constexpr std::string_view mark = ":  ";
    for (auto at = said.find(mark); at != std::string_view::npos; at = said.find(mark, at + 1)) {
        const std::string_view rest = said.substr(at + mark.size());
        if (!is_sqlstate(rest.substr(0, 5)) || !rest.substr(5).starts_with(": ")) continue;
        return {.state = std::string{rest.substr(0, 5)},
                .text = one_line(rest.substr(7, rest.find('\n') - 7)),
                .detail = {},
                .hint = {}};
    }
    return {.state = {}, .text = one_line(said), .detail = {}, .hint = {}};
}

pg_conn* start(const Server& server) {
    const PostgresAddress& address = server.address;
    const std::string roots = root_certificate(address);
    const std::string name = application_name();
    std::vector<const char*> keywords, values;
    const auto add = [&](const char* keyword, const std::string& value) {
        if (value.empty()) return;
        keywords.push_back(keyword);
        values.push_back(value.c_str());
    };
    const std::string utf8 = "UTF8", idle = "30", interval = "10", count = "3", unanswered = "60000";
    add("host", address.host);
    add("port", address.port);
    add("user", address.user);
    add("dbname", address.database);
    add("password", server.password.reveal());
    add("sslmode", address.ssl_mode);
    add("sslrootcert", roots);
    add("sslcert", address.ssl_certificate);
    add("sslkey", address.ssl_key);
    add("application_name", name);
    add("client_encoding", utf8);
    add("keepalives_idle", idle);
    add("keepalives_interval", interval);
    add("keepalives_count", count);
    add("tcp_user_timeout", unanswered);
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(keywords.data(), values.data(), 0);
}

}  // namespace koppla::db::postgres
