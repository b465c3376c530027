#include "crm/code_login.h"

#include "crm/refusal.h"
#include "crm/signing.h"

#include <fmt/format.h>

namespace koppla {

namespace {

constexpr std::size_t random_bytes = 32;

std::string query_of(std::string_view address) {
    const auto question = address.find('?');
    if (question == std::string_view::npos) return {};
    const std::string_view query = address.substr(question + 1);
    return std::string{query.substr(0, query.find_first_of("# \t\r\n"))};
}

std::string address_of(const CodeFlow& flow, const std::string& state, const Secret& verifier) {
    FormFields fields = flow.fields;
    fields.insert(fields.begin(), {"response_type", "code"});
    fields.insert(fields.end(), {{"redirect_uri", flow.callback},
                                 {"state", state},
                                 {"code_challenge", base64url(sha256(verifier.reveal()))},
                                 {"code_challenge_method", "S256"}});
    return fmt::format("{}?{}", flow.authorize_url, http::form_body(fields));
}

class CodeLogin final : public BrowserLogin {
  public:
    CodeLogin(CodeFlow flow, TokenStore& tokens, std::string state, std::string verifier)
        : flow_{std::move(flow)},
          tokens_{tokens},
          state_{std::move(state)},
          verifier_{std::move(verifier)},
          address_{address_of(flow_, state_, verifier_)} {}

    [[nodiscard]] const std::string& address() const override { return address_; }
    [[nodiscard]] const std::string& callback() const override { return flow_.callback; }
    [[nodiscard]] bool is_answer(std::string_view address) const override {
        return http::form_value(query_of(address), "state") == state_;
    }
    Result<std::vector<std::string>> finish(std::string_view address, const Call& call) override;

  private:
    const CodeFlow flow_;
    TokenStore& tokens_;
    const std::string state_;
    const Secret verifier_;
    const std::string address_;
};

Result<std::vector<std::string>> CodeLogin::finish(std::string_view address, const Call& call) {
    const std::string attempted = fmt::format("logging in at {}", flow_.server);
    if (!is_answer(address)) {
        return error(
            ErrorKind::denied,
            fmt::format("{} failed: that answer is not of this login (its state differs); begin anew, and "
                        "paste the whole address that the browser ends at",
                        attempted));
    }
    const std::string query = query_of(address);
    if (const auto refusal = http::form_value(query, "error")) {
        const std::string words = http::form_value(query, "error_description").value_or("");
        return error(ErrorKind::denied,
                     fmt::format("{} failed: {} ({}); look at the app's settings and at who may use it",
                                 attempted, shown(words), shown(*refusal)),
                     shown(*refusal));
    }
    const auto code = http::form_value(query, "code");
    if (!code || code->empty()) {
        return error(ErrorKind::invalid, fmt::format("{} failed: the answer holds no code", attempted));
    }
    const auto renewal = TRY(tokens_.begin_renewal(call));
    const Credentials fresh = TRY(flow_.redeem({.code = *code, .verifier = verifier_}, call));
    TRY(renewal->store(fresh));
    std::vector<std::string> notices;
    if (fresh.refresh_token.is_empty()) notices.emplace_back(flow_.without_refresh_token);
    return notices;
}

}  // namespace

Result<std::unique_ptr<BrowserLogin>> begin_code_login(CodeFlow flow, TokenStore& tokens) {
    std::string state = TRY(random_text(random_bytes));
    std::string verifier = TRY(random_text(random_bytes));
    return std::unique_ptr<BrowserLogin>{
        std::make_unique<CodeLogin>(std::move(flow), tokens, std::move(state), std::move(verifier))};
}

}  // namespace koppla
