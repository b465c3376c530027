#include "base/clock.h"
#include "crm/salesforce/errors.h"
#include "crm/salesforce/login.h"
#include "fuzz/targets.h"
#include "model/utf8.h"

#include <string>

namespace koppla::fuzz {

namespace {

using salesforce::Flow;

/// Answers everything alike.
class Echo final : public http::Client {
  public:
    Echo(int status, std::string_view body) : status_{status}, body_{body} {}
    Result<http::Response> send(const http::Request&, http::BodySink& sink, const Call&) override {
        http::Response response{.status = status_,
                                .headers = {{"Retry-After", std::string{body_.substr(0, 40)}}}};
        if (status_ >= 200 && status_ <= 299)
            TRY(sink.put(body_));
        else
            response.body = body_;
        return response;
    }

  private:
    int status_;
    std::string_view body_;
};

void check(const Error& refusal) {
    require(!refusal.message.empty(), "a refusal says something");
    require(!model::utf8_fault(refusal.message), "a message is UTF-8");
    for (const char c : refusal.message)
        require(static_cast<unsigned char>(c) >= ' ' || c == '\n', "a message has no control characters");
    require(refusal.message.size() < 4'000, "a message is bounded");
}

void log_in(Flow flow, int status, std::string_view body) {
    salesforce::AccountSettings account;
    account.server = "https://acme.my.salesforce.com";
    account.flow = flow;
    account.client_id = "app";
    account.client_secret = Secret{"secret"};
    account.username = "user@example.com";
    account.password = Secret{"password"};
    account.allowed_hosts = {"acme.my.salesforce.com", "*.salesforce.com"};
    account.name = "acme";
    Echo client{status, body};
    const SystemClock clock;
    const auto made = salesforce::OrgLogin{account, client, client, clock}.log_in({});
    if (!made) return check(made.error());
    require(!made->access_token.is_empty(), "a login gives a token");
}

}  // namespace

void answers(std::string_view input) {
    constexpr std::array statuses = {200, 400, 401, 403, 404, 410, 414, 429, 500, 503, 302, 204};
    const int status = statuses.at(take_choice(input, statuses.size()));
    const http::Response response{.status = status, .headers = {}, .body = std::string{input}};
    check(salesforce::error_of(response, "reading Contact"));
    check(salesforce::login_error_of(response, "https://acme.my.salesforce.com", "look at the setting"));
    for (const Flow flow : {Flow::client_credentials, Flow::password, Flow::soap})
        log_in(flow, status, input);
}

}  // namespace koppla::fuzz
