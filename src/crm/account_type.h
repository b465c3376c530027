#pragma once

#include "base/clock.h"
#include "base/secret.h"
#include "crm/connector.h"
#include "crm/session.h"
#include "http/client.h"
#include "model/option_spec.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace koppla {

using Secrets = std::map<std::string, Secret, std::less<>>;

/// What a connector is made of. The references outlive it.
struct ConnectorParts {
    model::Settings settings;
    Secrets secrets;
    http::Client& client;
    TokenStore& tokens;
    const Clock& clock;
    /// Told what a person may want to know meanwhile: that a request is repeated, say. On any thread.
    std::function<void(std::string_view)> tell{};
    std::string account{};  ///< its name, for messages
};

/// A login by a person in a browser, begun: the address to open, and what to do with what comes of it.
class BrowserLogin {
  public:
    virtual ~BrowserLogin() = default;
    [[nodiscard]] virtual const std::string& address() const = 0;
    /// Where the browser is sent back to: an address of this machine's loopback.
    [[nodiscard]] virtual const std::string& callback() const = 0;
    /// Whether this answer (the address that the browser was sent to) is of this login and of no other.
    [[nodiscard]] virtual bool is_answer(std::string_view address) const = 0;
    /// Turns the answer into credentials and stores them; notices for a person.
    virtual Result<std::vector<std::string>> finish(std::string_view address, const Call& call) = 0;
};

/// A login by a person on any device, begun: the address to open there and the code to enter.
class DeviceLogin {
  public:
    virtual ~DeviceLogin() = default;
    [[nodiscard]] virtual const std::string& address() const = 0;
    [[nodiscard]] virtual const std::string& code() const = 0;
    /// Waits until the person has done it, or the code has expired; stores the credentials. Notices for a
    /// person.
    virtual Result<std::vector<std::string>> finish(const Call& call) = 0;
};

using PersonLogin = std::variant<std::unique_ptr<BrowserLogin>, std::unique_ptr<DeviceLogin>>;

/// The names of the settings that a signed login takes.
struct SigningSettings {
    std::string_view key{};          ///< the secret that holds the key
    std::string_view certificate{};  ///< the one that holds its certificate, where the login needs it too
    /// What names the certificate where it isn't there itself, and is of no use once it is.
    std::string_view thumbprint{};
};

/// A type of CRM as data: the settings that an account of it has, and how to connect.
struct AccountType {
    std::string_view name, label;
    std::span<const model::OptionSpec> options;
    /// What follows `koppla account add acme --type NAME` on the command line, one way of logging in each.
    std::span<const std::string_view> examples;
    /// `invalid` where settings contradict each other or one can't be right; beyond what OptionSpec tells.
    Result<void> (*check_settings)(const model::Settings& settings);
    /// The settings and secrets that this way of logging in needs besides; a secret that is there is any
    /// text.
    std::vector<std::string_view> (*missing)(const model::Settings& settings);
    /// `invalid` for a secret that can't be right, whatever the CRM would say.
    Result<void> (*check_secrets)(const Secrets& secrets);
    /// What a person should know of the chosen way of logging in, a sentence each.
    std::vector<std::string> (*notices)(const model::Settings& settings);
    /// Whether a person has to log in once, which these settings' account can't do by itself.
    bool (*needs_person)(const model::Settings& settings);
    /// A session doesn't outlive a change of these, nor of a secret.
    std::span<const std::string_view> login_settings;
    /// What this way of logging in signs with; all empty where it signs nothing.
    SigningSettings (*signing)(const model::Settings& settings);
    /// The options that make an account log in by a key; empty where no way of logging in does.
    std::string_view signing_options;
    /// Where a person uploads that key's certificate, a step a line.
    std::string_view certificate_steps;
    /// How long the CRM tells of a deleted record and then no more, whoever asks; zero where that has no end,
    /// or where a read that comes too late is told so, and compares everything.
    std::chrono::hours deletions_kept{};
    /// The hosts that an account may talk to: patterns as http::Transport takes them.
    std::vector<std::string> (*allowed_hosts)(const model::Settings& settings);
    Result<std::unique_ptr<CrmConnector>> (*connect)(ConnectorParts parts);
    /// `invalid` where the account logs in another way. The references in `parts` outlive what is made.
    Result<PersonLogin> (*log_in_by_person)(const ConnectorParts& parts, const Call& call);
};

}  // namespace koppla
