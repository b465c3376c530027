#include "sandbox/serve.h"

#include "http/certificate.h"
#include "http/server.h"
#include "sandbox/dynamics/face.h"
#include "sandbox/entra/registration.h"
#include "sandbox/face.h"
#include "sandbox/files.h"
#include "sandbox/services.h"
#include "sandbox/web/signature.h"

#include <array>
#include <future>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::filesystem::path beside(const std::filesystem::path& state, std::string_view ending) {
    auto path = std::filesystem::absolute(state);
    path += ending;
    return path;
}

bool is_loopback(std::string_view address) {
    return address.starts_with("127.") || address == "::1" || address == "localhost";
}

/// The authority is made once, so that clients which trust it go on trusting it.
Result<http::Certificate> authority_beside(const std::filesystem::path& state) {
    const auto certificate_file = beside(state, ".ca.pem");
    const auto key_file = beside(state, ".ca.key");
    auto certificate = TRY(read_file(certificate_file));
    auto key = TRY(read_file(key_file));
    if (certificate && key) return http::Certificate{std::move(*certificate), std::move(*key)};
    auto authority =
        TRY(http::make_authority(http::CertificateRequest{.common_name = "koppla-sandbox CA", .names = {}}));
    TRY(replace_file(key_file, authority.private_key_pem, Readers::owner));
    TRY(replace_file(certificate_file, authority.certificate_pem, Readers::everybody));
    return authority;
}

/// Where both servers listen, but for the port.
Result<http::Listen> listening(const ServeOptions& options) {
    const auto authority = TRY(authority_beside(options.org.state));
    std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};
    if (!is_loopback(options.address)) names.push_back(options.address);
    const auto server = TRY(http::make_server_certificate(
        http::CertificateRequest{.common_name = "koppla-sandbox", .names = std::move(names)}, &authority));
    const auto certificate_file = beside(options.org.state, ".server.pem");
    const auto key_file = beside(options.org.state, ".server.key");
    TRY(replace_file(key_file, server.private_key_pem, Readers::owner));
    TRY(replace_file(certificate_file, server.certificate_pem, Readers::everybody));
    return http::Listen{.address = options.address,
                        .certificate_file = certificate_file.string(),
                        .private_key_file = key_file.string()};
}

struct Kept {
    const char* name;
    std::string Credentials::*value;
};
constexpr std::array kept_credentials{Kept{"client_id", &Credentials::client_id},
                                      Kept{"client_secret", &Credentials::client_secret},
                                      Kept{"username", &Credentials::username},
                                      Kept{"password", &Credentials::password},
                                      Kept{"security_token", &Credentials::security_token},
                                      Kept{"access_token", &Credentials::access_token},
                                      Kept{"refresh_token", &Credentials::refresh_token}};

/// Made at the first start, read from the state afterwards.
Result<Credentials> credentials_of(Org& org) {
    auto credentials = make_credentials(org.organization_id(), org.username());
    for (const auto& kept : kept_credentials) {
        const auto name = std::string{"credentials."} + kept.name;
        auto& value = credentials.*kept.value;
        if (auto known = TRY(org.setting(name)))
            value = std::move(*known);
        else
            TRY(org.set_setting(name, value));
    }
    return credentials;
}

/// The key that clients sign assertions with: made at the first start, and known to the org by its public
/// half.
Result<std::string> assertion_key(const std::filesystem::path& state) {
    const auto file = beside(state, ".jwt.key");
    if (auto known = TRY(read_file(file))) return public_key_of(*known);
    const auto key = TRY(http::make_signing_key());
    TRY(replace_file(file, key.reveal(), Readers::owner));
    return public_key_of(key.reveal());
}

std::string url_of(const std::string& address, std::uint16_t port) {
    const bool is_v6 = address.find(':') != std::string::npos;
    return "https://" + (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

/// The tenant's registration, made at the first start; the app's key lies beside it, for clients.
Result<entra::Registration> registration_beside(const std::filesystem::path& state) {
    const auto file = beside(state, ".entra");
    if (auto known = TRY(read_file(file))) return entra::read_kept(*known);
    auto made = TRY(entra::make_registration());
    TRY(replace_file(beside(state, ".entra.key"), made.private_key.reveal(), Readers::owner));
    TRY(replace_file(beside(state, ".entra.pem"), made.registration.certificate_pem, Readers::everybody));
    TRY(replace_file(file, entra::kept_text(made.registration), Readers::owner));
    return std::move(made.registration);
}

Result<nlohmann::ordered_json> dynamics_ready(const ServeOptions& options,
                                              const dynamics::Services& services) {
    const auto& app = services.authority.registration;
    return nlohmann::ordered_json{{"url", services.url},
                                  {"ca", beside(options.org.state, ".ca.pem").string()},
                                  {"authority", services.url + "/" + app.tenant},
                                  {"tenant", app.tenant},
                                  {"client_id", app.client_id},
                                  {"client_secret", app.client_secret},
                                  {"certificate", beside(options.org.state, ".entra.pem").string()},
                                  {"private_key", beside(options.org.state, ".entra.key").string()},
                                  {"key_id", app.key_id},
                                  {"thumbprint", TRY(entra::thumbprints(app.certificate_pem)).hex},
                                  {"username", app.username},
                                  {"password", app.password}};
}

Result<void> write_ready_file(const ServeOptions& options, const Services& services,
                              const dynamics::Services& dynamics_services) {
    nlohmann::ordered_json salesforce{{"url", services.url},
                                      {"ca", beside(options.org.state, ".ca.pem").string()}};
    salesforce["private_key"] = beside(options.org.state, ".jwt.key").string();
    for (const auto& kept : kept_credentials) salesforce[kept.name] = services.credentials.*kept.value;
    const nlohmann::ordered_json ready{{"salesforce", salesforce},
                                       {"dynamics", TRY(dynamics_ready(options, dynamics_services))}};
    return replace_file(*options.ready_file, ready.dump(2) + "\n", Readers::owner);
}

Control control_at(const std::string& address) {
    return is_loopback(address) ? Control::offered : Control::hidden;
}

/// The Salesforce org with all that serves it.
struct Salesforce {
    Salesforce(std::unique_ptr<ShiftedClock> time, std::unique_ptr<Org> organization, Credentials credentials,
               const ServeOptions& options)
        : clock{std::move(time)},
          org{std::move(organization)},
          services{*org, *clock, std::move(credentials), beside(options.org.state, ".spool")},
          face{services, control_at(options.address)} {}

    std::unique_ptr<ShiftedClock> clock;
    std::unique_ptr<Org> org;
    Services services;
    Face face;
    std::unique_ptr<http::Server> server{};  ///< last: stops before what it asks
};

Result<std::unique_ptr<Salesforce>> open_salesforce(const ServeOptions& options, const Clock& clock) {
    auto shifted = std::make_unique<ShiftedClock>(clock);
    auto org = TRY(Org::open(options.org, *shifted));
    auto credentials = TRY(credentials_of(*org));
    auto parts =
        std::make_unique<Salesforce>(std::move(shifted), std::move(org), std::move(credentials), options);
    parts->services.logins.set(AppSettings{.certificate_pem = TRY(assertion_key(options.org.state))});
    return parts;
}

/// The same of Dynamics.
struct Dynamics {
    Dynamics(std::unique_ptr<ShiftedClock> time, std::unique_ptr<dynamics::Org> organization,
             entra::Registration registration, const ServeOptions& options)
        : clock{std::move(time)},
          org{std::move(organization)},
          services{*org, *clock, std::move(registration)},
          face{services, control_at(options.address)} {}

    std::unique_ptr<ShiftedClock> clock;
    std::unique_ptr<dynamics::Org> org;
    dynamics::Services services;
    dynamics::Face face;
    std::unique_ptr<http::Server> server{};
};

Result<std::unique_ptr<Dynamics>> open_dynamics(const ServeOptions& options, const Clock& clock) {
    auto shifted = std::make_unique<ShiftedClock>(clock);
    auto registration = TRY(registration_beside(options.org.state));
    auto org_options = options.dynamics;
    org_options.state = beside(options.org.state, ".dynamics");
    org_options.seed = options.org.seed;
    auto org = TRY(dynamics::Org::open(org_options, *shifted));
    TRY(org->set_people({.client_id = registration.client_id,
                         .app_object_id = registration.app_object_id,
                         .username = registration.username,
                         .user_object_id = registration.user_object_id}));
    return std::make_unique<Dynamics>(std::move(shifted), std::move(org), std::move(registration), options);
}

/// Starts one of the servers.
template <class Parts>
Result<void> serve(Parts& parts, http::Listen listen, std::uint16_t port) {
    listen.port = port;
    const auto address = listen.address;
    parts.server = TRY(http::Server::start(listen, parts.face));
    parts.services.url = url_of(address, parts.server->port());
    return {};
}

}  // namespace

struct Running::Parts {
    std::unique_ptr<Salesforce> salesforce;
    std::unique_ptr<Dynamics> dynamics;
};

Running::Running(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
Running::~Running() {
    // A stalled answer would keep the server's stop waiting.
    if (!parts_) return;
    parts_->salesforce->services.faults.clear();
    parts_->dynamics->services.faults.clear();
}

Result<std::unique_ptr<Running>> Running::start(const ServeOptions& options, Clock& clock) {
    // One of an earlier start would be taken for this one's.
    std::error_code absent;
    if (options.ready_file) std::filesystem::remove(*options.ready_file, absent);
    // Side by side, so that either is there as soon as if it were alone.
    auto opening = std::async(std::launch::async, [&] { return open_dynamics(options, clock); });
    auto salesforce = open_salesforce(options, clock);
    auto dynamics = opening.get();
    auto parts = std::make_unique<Parts>();
    parts->salesforce = TRY(std::move(salesforce));
    parts->dynamics = TRY(std::move(dynamics));
    const auto listen = TRY(listening(options));
    TRY(serve(*parts->salesforce, listen, options.port));
    TRY(serve(*parts->dynamics, listen, options.dynamics_port));
    if (options.ready_file)
        TRY(write_ready_file(options, parts->salesforce->services, parts->dynamics->services));
    return std::unique_ptr<Running>{new Running{std::move(parts)}};
}

const std::string& Running::url() const {
    return parts_->salesforce->services.url;
}
const std::string& Running::dynamics_url() const {
    return parts_->dynamics->services.url;
}
std::vector<std::string> Running::misfits() const {
    auto all = parts_->salesforce->org->misfits();
    const auto& more = parts_->dynamics->org->misfits();
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace koppla::sandbox
