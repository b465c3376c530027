#include "sandbox/salesforce/reply.h"
#include "sandbox/services.h"
#include "sandbox/switches/every_face.h"
#include "sandbox/switches/switches.h"

#include <nlohmann/json.hpp>

namespace koppla::sandbox {

Answer get_locks(Services& services, const Ask&) {
    const auto now = services.locks.figures();
    return json_answer(200, Json{{"enabled", now.settings.mode == LockSettings::Mode::on},
                                 {"share", now.settings.share},
                                 {"seed", now.settings.seed},
                                 {"chunk_rows", now.settings.chunk_rows},
                                 {"batch_rows", now.settings.batch_rows},
                                 {"served", now.served_bulk + now.served_requests},
                                 {"served_bulk", now.served_bulk},
                                 {"served_requests", now.served_requests}});
}

Result<Answer> set_locks(Services& services, const Ask& ask) {
    const auto body = TRY(settings(ask));
    LockSettings to;
    to.mode =
        body.value("enabled", nlohmann::json{}) == true ? LockSettings::Mode::on : LockSettings::Mode::off;
    to.seed = static_cast<std::uint64_t>(TRY(number(body, "seed", 1)));
    to.chunk_rows = TRY(number(body, "chunk_rows", to.chunk_rows));
    to.batch_rows = TRY(number(body, "batch_rows", to.batch_rows));
    const auto share = body.value("share", nlohmann::json(to.share));
    if (!share.is_number() || share.get<double>() < 0 || share.get<double>() > 1)
        return error(ErrorKind::invalid, "'share' has to be a number from 0 to 1");
    to.share = share.get<double>();
    if (to.chunk_rows == 0 || to.batch_rows < to.chunk_rows)
        return error(ErrorKind::invalid, "'chunk_rows' has to be 1 or more, 'batch_rows' no less than that");
    services.locks.set(to);
    return get_locks(services, ask);
}

}  // namespace koppla::sandbox
