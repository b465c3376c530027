#pragma once

#include "base/result.h"
#include "crm/account_type.h"
#include "http/message.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koppla {

/// A setting's refusal: "setting 'name': why".
Error refuse_setting(std::string_view name, std::string_view why);

/// A way of logging in, and the settings and secrets that it can't do without; unused places are empty.
struct LoginWay {
    std::string_view name;
    std::array<std::string_view, 3> needs{};
};

/// An account's settings with the defaults of its type, and the checks that several types have in common.
/// Refers to both.
class SettingsView {
  public:
    SettingsView(std::span<const model::OptionSpec> specs, const model::Settings& settings)
        : specs_{specs}, settings_{settings} {}

    /// The value, the default, or nothing.
    [[nodiscard]] std::string_view get(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return !get(name).empty(); }
    /// The words of a list with commas, blanks or semicolons between them.
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

    /// `example` is what to write instead.
    [[nodiscard]] Result<http::Url> https_url(std::string_view name, std::string_view example) const;
    [[nodiscard]] Result<int> whole_number(std::string_view name, int least, int most) const;
    /// One of these words.
    [[nodiscard]] Result<void> check_choice(std::string_view name,
                                            std::span<const std::string_view> choices) const;
    /// Only a name or address of this very machine: the answer holds the way into the account.
    [[nodiscard]] Result<void> check_callback(std::string_view name) const;
    /// The settings that every type has: proxy, allowed-hosts, safety-lag, compression.
    [[nodiscard]] Result<void> check_common() const;

    /// What the way needs and isn't there; secrets have to be marked as being there.
    [[nodiscard]] std::vector<std::string_view> missing(const LoginWay& way) const;
    /// `invalid` where a setting that isn't secret is among those.
    [[nodiscard]] Result<void> check_open_needs(const LoginWay& way) const;

  private:
    std::span<const model::OptionSpec> specs_;
    const model::Settings& settings_;
};

/// The secret, or an empty one.
Secret secret_of(const Secrets& secrets, std::string_view name);
/// The settings with a mark for every secret that is there.
model::Settings marked(const model::Settings& settings, const Secrets& secrets);

/// "acme.example", or with a port where it isn't https's own.
std::string host_and_port(const http::Url& url);
/// "https://acme.example" of a URL.
std::string origin_of(const http::Url& url);

}  // namespace koppla
