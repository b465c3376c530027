#include "sandbox/web/jwt.h"

#include "sandbox/base64.h"
#include "sandbox/web/json.h"

#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

std::optional<nlohmann::json> read_part(std::string_view text) {
    const auto decoded = base64url_decode(text);
    if (!decoded) return std::nullopt;
    auto json = parse_json(*decoded);
    return json && json->is_object() ? std::optional{std::move(*json)} : std::nullopt;
}

}  // namespace

std::optional<Jwt> read_jwt(std::string_view text) {
    const auto first = text.find('.');
    const auto second = text.find('.', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    auto header = read_part(text.substr(0, first));
    auto claims = read_part(text.substr(first + 1, second - first - 1));
    auto signature = base64url_decode(text.substr(second + 1));
    if (!header || !claims || !signature) return std::nullopt;
    return Jwt{.header = std::make_shared<const nlohmann::json>(std::move(*header)),
               .claims = std::make_shared<const nlohmann::json>(std::move(*claims)),
               .signed_text = std::string{text.substr(0, second)},
               .signature = std::move(*signature)};
}

std::string text_claim(const nlohmann::json& claims, const char* name) {
    const auto found = claims.find(name);
    return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::string signing_input(const nlohmann::json& header, const nlohmann::json& claims) {
    return base64url_encode(header.dump()) + "." + base64url_encode(claims.dump());
}

}  // namespace koppla::sandbox
