#include "app/connection.h"

#include "app/stored_tokens.h"
#include "base/duration.h"
#include "crm/dynamics/connector.h"
#include "crm/odata/connector.h"
#include "crm/salesforce/connector.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace koppla {

namespace {

const std::array<const AccountType*, 3> types = {&salesforce::account_type, &dynamics::account_type,
                                                 &odata::account_type};

/// The value of a setting, or the default that its specification gives.
std::string setting(const AccountType& type, const model::Settings& settings, std::string_view name) {
    const auto given = settings.find(name);
    if (given != settings.end()) return given->second;
    const auto spec = std::ranges::find(type.options, name, &model::OptionSpec::name);
    return spec == type.options.end() ? std::string{} : std::string{spec->default_value};
}

http::Transport transport_of(const AccountType& type, const model::Settings& settings) {
    http::Transport transport;
    transport.allowed_hosts = type.allowed_hosts(settings);
    transport.accepts_gzip = setting(type, settings, "compression") != "off";
    if (const std::string ca = setting(type, settings, "ca"); !ca.empty()) transport.ca_file = ca;
    if (const auto proxy = settings.find("proxy"); proxy != settings.end()) transport.proxy = proxy->second;
    return transport;
}

}  // namespace

std::span<const AccountType* const> account_types() {
    return types;
}

Result<const AccountType*> account_type(std::string_view name) {
    const auto found = std::ranges::find(types, name, [](const AccountType* type) { return type->name; });
    if (found != types.end()) return *found;
    std::vector<std::string_view> names;
    names.reserve(types.size());
    for (const AccountType* type : types) names.push_back(type->name);
    return error(ErrorKind::invalid,
                 fmt::format("there is no account type '{}'; there is: {}", name, fmt::join(names, ", ")));
}

Result<std::unique_ptr<Connection>> Connection::open(const Store& store, std::string_view name,
                                                     const Clock& clock, const Call& call) {
    std::unique_ptr<Connection> connection{new Connection{clock}};
    const auto transaction = TRY(store.database().begin(db::Access::read, call));
    Accounts accounts{*transaction, store.vault()};
    connection->account_ = TRY(accounts.find(name));
    connection->secrets_ = TRY(accounts.secrets(name));
    connection->type_ = TRY(account_type(connection->account_.type));
    const AccountType& type = *connection->type_;
    const model::Settings& settings = connection->account_.settings;

    connection->safety_lag_ = TRY(parse_duration(setting(type, settings, "safety-lag")));
    std::string made_by;
    for (const std::string_view each : type.login_settings)
        made_by += fmt::format("{}={}\n", each, setting(type, settings, each));
    connection->tokens_ = std::make_unique<StoredTokens>(store, connection->account_.name, clock, made_by);
    connection->client_ = std::make_unique<http::CurlClient>(transport_of(type, settings));
    connection->connector_ = TRY(type.connect(connection->parts()));
    return connection;
}

std::string Connection::server() const {
    return setting(*type_, account_.settings, "server");
}

TransferSite Connection::site(const Store& store) {
    return {.database = store.database(),
            .connector = *connector_,
            .clock = clock_,
            .account = account_.name,
            .user = user_name(),
            .server = server(),
            .hash = [&store](std::string_view text) { return store.vault().keyed_hash(text); }};
}

ConnectorParts Connection::parts() const {
    return {.settings = account_.settings,
            .secrets = secrets_,
            .client = *client_,
            .tokens = *tokens_,
            .clock = clock_,
            .tell = Program::tell,
            .account = account_.name};
}

Result<PersonLogin> Connection::log_in_by_person(const Call& call) {
    return type_->log_in_by_person(parts(), call);
}

std::vector<std::string> Connection::notices() const {
    model::Settings all = account_.settings;
    for (const std::string& name : account_.secret_names) all.emplace(name, "***");
    return type_->notices(all);
}

}  // namespace koppla
