#pragma once

#include "base/clock.h"
#include "base/secret.h"
#include "crm/connector.h"
#include "crm/session.h"
#include "http/client.h"
#include "model/option_spec.h"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
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
};

/// A type of CRM as data: the settings that an account of it has, and how to connect.
struct AccountType {
    std::string_view name, label;
    std::span<const model::OptionSpec> options;
    /// `invalid` where settings contradict each other or one can't be right; beyond what OptionSpec tells.
    Result<void> (*check_settings)(const model::Settings& settings);
    /// The hosts that an account may talk to: patterns as http::Transport takes them.
    std::vector<std::string> (*allowed_hosts)(const model::Settings& settings);
    Result<std::unique_ptr<CrmConnector>> (*connect)(ConnectorParts parts);
};

}  // namespace koppla
