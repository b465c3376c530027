#include "crm/salesforce/codec/soap.h"

#include <algorithm>
#include <array>
#include <memory>

#include <expat.h>
#include <fmt/format.h>

namespace koppla::salesforce {

namespace {

constexpr std::size_t reply_bytes_max = std::size_t{256} << 10;
constexpr int depth_max = 32;

std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            default:
                // What XML has no way to write is left out: a control character is in no password.
                if (static_cast<unsigned char>(c) >= ' ' || c == '\t' || c == '\n') result += c;
        }
    }
    return result;
}

/// The text of the elements that matter, by their names without prefix; the first of each counts.
class Reader {
  public:
    Reader() : parser_{XML_ParserCreate("UTF-8"), XML_ParserFree} {
        XML_SetUserData(parser_.get(), this);
        XML_SetElementHandler(parser_.get(), begin, end);
        XML_SetCharacterDataHandler(parser_.get(), text);
        XML_SetStartDoctypeDeclHandler(parser_.get(), refuse_document_type);
    }

    bool read(std::string_view body) {
        return XML_Parse(parser_.get(), body.data(), static_cast<int>(body.size()), XML_TRUE) ==
               XML_STATUS_OK;
    }
    [[nodiscard]] std::string_view why() const {
        const XML_Error code = XML_GetErrorCode(parser_.get());
        return code == XML_ERROR_NONE ? "it has no envelope" : XML_ErrorString(code);
    }
    [[nodiscard]] bool is_envelope() const { return is_envelope_; }
    [[nodiscard]] const std::string& value(std::string_view name) const {
        return values_.at(static_cast<std::size_t>(std::ranges::find(names, name) - names.begin()));
    }

  private:
    static constexpr std::array<std::string_view, 7> names = {
        "sessionId",       "serverUrl",     "userId",     "organizationId",
        "passwordExpired", "exceptionCode", "faultstring"};

    static std::string_view local(const char* name) {
        const std::string_view whole{name};
        return whole.substr(whole.find(':') + 1);
    }
    static void XMLCALL begin(void* self, const char* name, const char** /*attributes*/) {
        auto& reader = *static_cast<Reader*>(self);
        if (++reader.depth_ > depth_max) XML_StopParser(reader.parser_.get(), XML_FALSE);
        if (reader.depth_ == 1) reader.is_envelope_ = local(name) == "Envelope";
        const auto* found = std::ranges::find(names, local(name));
        reader.open_ = nullptr;
        if (found == names.end()) return;
        std::string& value = reader.values_.at(static_cast<std::size_t>(found - names.begin()));
        if (value.empty()) reader.open_ = &value;
    }
    static void XMLCALL end(void* self, const char* /*name*/) {
        auto& reader = *static_cast<Reader*>(self);
        --reader.depth_;
        reader.open_ = nullptr;
    }
    static void XMLCALL text(void* self, const char* bytes, int size) {
        const auto& reader = *static_cast<Reader*>(self);
        if (reader.open_ != nullptr) reader.open_->append(bytes, static_cast<std::size_t>(size));
    }
    static void XMLCALL refuse_document_type(void* self, const char* /*name*/, const char* /*system*/,
                                             const char* /*public_id*/, int /*has_subset*/) {
        XML_StopParser(static_cast<Reader*>(self)->parser_.get(), XML_FALSE);
    }

    std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser_;
    std::array<std::string, names.size()> values_;
    std::string* open_ = nullptr;
    int depth_ = 0;
    bool is_envelope_ = false;
};

}  // namespace

std::string login_envelope(const SoapLogin& login) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<env:Envelope xmlns:env=\"http://schemas.xmlsoap.org/soap/envelope/\""
        " xmlns:sf=\"urn:partner.soap.sforce.com\">"
        "<env:Header><sf:CallOptions><sf:client>koppla/" KOPPLA_VERSION
        "</sf:client></sf:CallOptions></env:Header>"
        "<env:Body><sf:login><sf:username>{}</sf:username><sf:password>{}</sf:password></sf:login></env:Body>"
        "</env:Envelope>",
        escaped(login.username), escaped(login.password.reveal()));
}

Result<SoapReply> read_login_reply(std::string_view body) {
    Reader reader;
    if (body.size() > reply_bytes_max)
        return error(ErrorKind::corrupt, "the answer is too long for a login's");
    if (!reader.read(body) || !reader.is_envelope()) {
        return error(ErrorKind::corrupt,
                     fmt::format("the answer is not one of SOAP ({}); look at 'server'", reader.why()));
    }
    std::string_view code = reader.value("exceptionCode");
    const std::string& words = reader.value("faultstring");
    // Where there is no detail, the text begins with the code: "INVALID_LOGIN: Invalid username, …".
    if (code.empty()) code = std::string_view{words}.substr(0, std::min(words.find(':'), words.size()));
    const bool is_fault = !words.empty() || !reader.value("exceptionCode").empty();
    return SoapReply{.session_id = Secret{reader.value("sessionId")},
                     .server_url = reader.value("serverUrl"),
                     .user_id = reader.value("userId"),
                     .organization_id = reader.value("organizationId"),
                     .is_password_expired = reader.value("passwordExpired") == "true",
                     .fault_code = is_fault ? std::string{code} : std::string{},
                     .fault_text = words};
}

}  // namespace koppla::salesforce
