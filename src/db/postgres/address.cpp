#include "db/postgres/address.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace koppla::db {

namespace {

constexpr std::size_t schema_bytes_max = 63;
constexpr int port_max = 65535;

Error refused(std::string_view why) {
    return error(ErrorKind::invalid, fmt::format("the store's address {}; write it as "
                                                 "postgres://USER@HOST:PORT/DATABASE?schema=koppla",
                                                 why));
}

std::optional<char> from_hexadecimal(std::string_view digits) {
    unsigned value = 0;
    const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (status != std::errc{} || end != digits.data() + digits.size() || digits.size() != 2)
        return std::nullopt;
    return static_cast<char>(value);
}

Result<std::string> decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            const auto byte = from_hexadecimal(text.substr(i + 1, 2));
            if (!byte) return refused("has a % that isn't followed by two hexadecimal digits");
            c = *byte;
            i += 2;
        }
        if (static_cast<unsigned char>(c) < ' ') return refused("has a control character in it");
        result += c;
    }
    return result;
}

/// What stands before the mark, which is taken off with it; all where there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    const std::string_view taken = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
    return taken;
}

Result<void> read_server(std::string_view text, PostgresAddress& address) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == std::string_view::npos) return refused("has a [ without its ]");
        address.host = text.substr(1, end - 1);
        text = text.substr(end + 1);
        if (!text.empty() && !text.starts_with(':')) return refused("has something between ] and the port");
    } else {
        const auto colon = text.find(':');
        address.host = TRY(decoded(text.substr(0, colon)));
        text = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    }
    if (address.host.find(',') != std::string::npos) return refused("names several servers");
    if (text.empty()) return {};
    address.port = text.substr(1);
    int port = 0;
    const char* const last = address.port.data() + address.port.size();
    const auto [end, status] = std::from_chars(address.port.data(), last, port);
    if (status != std::errc{} || end != last || port < 1 || port > port_max)
        return refused(fmt::format("has the port '{}'", address.port));
    return {};
}

Result<void> read_setting(std::string_view name, std::string value, PostgresAddress& address) {
    constexpr std::array<std::string_view, 6> modes = {"disable", "allow",     "prefer",
                                                       "require", "verify-ca", "verify-full"};
    if (name == "password") return refused("holds a password");
    if (name == "sslmode" && std::ranges::find(modes, value) == modes.end())
        return refused(fmt::format("has the sslmode '{}'", value));
    const std::array<std::pair<std::string_view, std::string*>, 6> settings = {
        {{"schema", &address.schema},
         {"host", &address.host},
         {"sslmode", &address.ssl_mode},
         {"sslrootcert", &address.ssl_root_certificate},
         {"sslcert", &address.ssl_certificate},
         {"sslkey", &address.ssl_key}}};
    const auto found = std::ranges::find(settings, name, [](const auto& each) { return each.first; });
    if (found == settings.end()) return refused(fmt::format("has the setting '{}', which there isn't", name));
    *found->second = std::move(value);
    return {};
}

}  // namespace

std::string PostgresAddress::text() const {
    const std::string_view at = user.empty() ? "" : "@";
    const std::string_view colon = port.empty() ? "" : ":";
    return fmt::format("postgres://{}{}{}{}{}/{}, schema {}", user, at, host, colon, port, database, schema);
}

bool is_this_machine(std::string_view host) {
    return host.empty() || host.starts_with('/') || host.starts_with('@') || host == "localhost" ||
           host.starts_with("127.") || host == "::1";
}

Result<PostgresAddress> parse_postgres_address(std::string_view text) {
    std::string_view rest = text;
    const std::string_view scheme = take_until(rest, ':');
    if ((scheme != "postgres" && scheme != "postgresql") || !rest.starts_with("//"))
        return refused("doesn't begin with postgres://");
    rest.remove_prefix(2);

    std::string_view settings = rest;
    std::string_view server = take_until(settings, '?');
    PostgresAddress address;
    if (const auto at = server.rfind('@'); at != std::string_view::npos) {
        const std::string_view user = server.substr(0, at);
        if (user.find(':') != std::string_view::npos) {
            return error(
                ErrorKind::invalid,
                "the store's address holds a password, which every list of processes would show; give "
                "it by KOPPLA_STORE_PASSWORD_FILE, by the systemd credential koppla-store-password or by "
                "~/.pgpass");
        }
        address.user = TRY(decoded(user));
        server = server.substr(at + 1);
    }
    std::string_view database = server;
    TRY(read_server(take_until(database, '/'), address));
    address.database = TRY(decoded(database));
    while (!settings.empty()) {
        std::string_view rest_of_setting = take_until(settings, '&');
        const std::string_view name = take_until(rest_of_setting, '=');
        std::string value = TRY(decoded(rest_of_setting));
        TRY(read_setting(name, std::move(value), address));
    }
    if (address.schema.empty() || address.schema.size() > schema_bytes_max ||
        address.schema.starts_with("pg_"))
        return refused("has a schema that can't be one: 1 to 63 bytes, and not pg_…");
    if (address.ssl_mode.empty() && !is_this_machine(address.host)) address.ssl_mode = "verify-full";
    return address;
}

}  // namespace koppla::db
