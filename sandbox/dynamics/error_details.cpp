#include "sandbox/dynamics/error_details.h"

#include "sandbox/web/json.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

namespace koppla::sandbox::dynamics {

Answer with_details(Answer answer, const Preferences& preferences) {
    if (answer.response.status < 400 || answer.response.body.empty()) return answer;
    auto body = Json::parse(answer.response.body, nullptr, false);
    if (!body.is_object() || !body.contains("error")) return answer;
    auto& error = body["error"];
    const auto code = error.value("code", "");
    const auto message = error.value("message", "");
    const auto add = [&](const std::string& name, const std::string& value) {
        if (preferences.annotates(name)) error["@" + name] = value;
    };
    const std::string prefix = "Microsoft.PowerApps.CDS.";
    add(prefix + "ErrorDetails.OperationStatus", "0");
    add(prefix + "ErrorDetails.SubErrorCode", "0");
    add(prefix + "HelpLink",
        "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a" +
            code.substr(std::min<std::size_t>(2, code.size())) + "&client=platform");
    add(prefix + "TraceText", "");
    add(prefix + "InnerError.Message", message);
    answer.response.body = dump(body);
    return answer;
}

}  // namespace koppla::sandbox::dynamics
