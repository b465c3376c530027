#pragma once

#include "base/clock.h"
#include "base/guarded.h"
#include "http/message.h"
#include "sandbox/entra/grants.h"
#include "sandbox/entra/registration.h"
#include "sandbox/entra/settings.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koppla::sandbox::entra {

/// A stand-in for one tenant of Microsoft Entra ID, at "https://<host>/<tenant>"; links are made of the host
/// that was asked. One for each running sandbox. Thread-safe. [Microsoft identity platform]
class Authority {
  public:
    Authority(Registration app, const Clock& time) : registration{std::move(app)}, clock{time} {}

    const Registration registration;
    const Clock& clock;
    Grants grants{};

    [[nodiscard]] Settings settings() {
        return settings_.with([](const Settings& settings) { return settings; });
    }
    void set(Settings settings) {
        settings_.with([&](Settings& state) { state = std::move(settings); });
    }
    /// The certificate that assertions have to be signed with (PEM).
    [[nodiscard]] std::string certificate() {
        auto other = settings().certificate_pem;
        return other.empty() ? registration.certificate_pem : other;
    }

  private:
    Guarded<Settings> settings_;
};

/// The answer to what is asked at the authority's own addresses; nothing for any other path.
std::optional<http::Response> answer(Authority& authority, const http::Request& request);

/// Who a request to the Web API comes from, by its bearer token; or the answer that says no to it: 401 with
/// the challenge, 403 for a principal that the organisation doesn't let in.
struct Admission {
    std::optional<Principal> principal{};
    std::optional<http::Response> refusal{};
};
Admission admit(Authority& authority, const http::Request& request);

}  // namespace koppla::sandbox::entra
