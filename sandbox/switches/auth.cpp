#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <algorithm>
#include <array>
#include <span>

#include <nlohmann/json.hpp>

namespace koppla::sandbox {
namespace {

/// One of the words, as a setting of the app.
template <class Choice>
Result<void> choose(const nlohmann::json& body, const char* name, std::span<const std::string_view> words,
                    Choice& choice) {
    const auto found = body.find(name);
    if (found == body.end()) return {};
    const auto word = found->is_string() ? found->get<std::string>() : found->dump();
    const auto known = std::ranges::find(words, word);
    if (known == words.end())
        return error(ErrorKind::invalid, "'" + std::string{name} + "' can't be '" + word + "'");
    choice = static_cast<Choice>(known - words.begin());
    return {};
}

}  // namespace

Result<Answer> set_auth(Services& services, const Ask& ask) {
    static constexpr std::array<std::string_view, 3> consents{"ask", "given", "refused"};
    static constexpr std::array<std::string_view, 2> rotations{"none", "each_time"};
    static constexpr std::array<std::string_view, 2> approvals{"given", "missing"};
    static constexpr std::array<std::string_view, 2> flows{"allowed", "blocked"};
    const auto body = TRY(settings(ask));
    auto app = services.logins.settings();
    TRY(choose(body, "consent", consents, app.consent));
    TRY(choose(body, "rotation", rotations, app.rotation));
    TRY(choose(body, "approval", approvals, app.approval));
    TRY(choose(body, "password_flow", flows, app.password_flow));
    if (const auto pem = body.find("certificate"); pem != body.end())
        app.certificate_pem = pem->is_string() ? pem->get<std::string>() : std::string{};
    if (const auto list = body.find("redirect_uris"); list != body.end()) {
        app.redirect_uris.clear();
        for (const auto& uri : *list)
            app.redirect_uris.push_back(uri.is_string() ? uri.get<std::string>() : "");
    }
    services.logins.set(app);
    return json_answer(200, Json{{"consent", consents.at(static_cast<std::size_t>(app.consent))},
                                 {"rotation", rotations.at(static_cast<std::size_t>(app.rotation))},
                                 {"approval", approvals.at(static_cast<std::size_t>(app.approval))},
                                 {"password_flow", flows.at(static_cast<std::size_t>(app.password_flow))},
                                 {"redirect_uris", app.redirect_uris},
                                 {"certificate", app.certificate_pem}});
}

}  // namespace koppla::sandbox
