#pragma once

#include "model/option_spec.h"

#include <array>
#include <string_view>

/// Settings that have the same name and meaning in every type of account.
namespace koppla::account_options {

inline constexpr std::array<std::string_view, 2> switches = {"on", "off"};

inline constexpr model::OptionSpec callback{
    .name = "callback",
    .label = "Callback URL",
    .help = "where the browser comes back to, as it stands in the app; with auth browser",
    .default_value = "http://localhost:1717/OauthRedirect"};
inline constexpr model::OptionSpec ca{
    .name = "ca", .label = "Authority", .help = "a PEM file with an authority to trust besides the system's"};
inline constexpr model::OptionSpec proxy{
    .name = "proxy",
    .label = "Proxy",
    .help =
        "http://host:port; without it HTTPS_PROXY and NO_PROXY are followed, and only HTTPS_PROXY may "
        "hold a user and password"};
inline constexpr model::OptionSpec allowed_hosts{
    .name = "allowed-hosts",
    .label = "Allowed hosts",
    .help = "hosts that may be talked to besides the server, with commas between them"};
inline constexpr model::OptionSpec safety_lag{
    .name = "safety-lag",
    .label = "Safety lag",
    .help = "how late a change may become visible after it was stamped, such as 30s, 10m or 2h",
    .default_value = "10m"};
inline constexpr model::OptionSpec compression{.name = "compression",
                                               .label = "Compression",
                                               .help = "whether answers are asked for in gzip",
                                               .choices = switches,
                                               .default_value = "on"};

}  // namespace koppla::account_options
