/* What is known of processes, so that who installs writes a name and one threshold. The times are what such equipment
 * takes, on the generous side: a wrong accusation costs more than a minute. */
#include "hjgate/judge_plan.h"

#include <string.h>

#include "hjgate/cleanup.h"
#include "hjgate/text.h"

#define PRODUCES HJ_ROLE_PRODUCTION
#define TREATS   HJ_ROLE_TREATMENT
#define MINUTE   60

static const struct hj_judge_process processes[] = {
	{ "", N_("no process named"), PRODUCES, 30, 30, 60, 0, 5 * MINUTE },
	/* Robots and guns: seconds of paint, seconds of nothing. */
	{ "spraying", N_("spraying"), PRODUCES, 0, 30, 10 * MINUTE, 0, 5 * MINUTE },
	{ "printing", N_("printing"), PRODUCES, 30, 30, 3 * MINUTE, 0, 5 * MINUTE },
	{ "coating", N_("coating"), PRODUCES, 30, 30, 3 * MINUTE, 0, 5 * MINUTE },
	/* Heaters are switched all the time to keep what they have reached. */
	{ "drying", N_("drying, baking"), PRODUCES, 30, 30, 10 * MINUTE, 0, 20 * MINUTE },
	{ "melting", N_("melting, casting"), PRODUCES, 30, 30, 10 * MINUTE, 0, 30 * MINUTE },
	/* An arc burns for seconds; a welder looks for his next seam for minutes. */
	{ "welding", N_("welding"), PRODUCES, 0, 30, 15 * MINUTE, 0, 5 * MINUTE },
	{ "moulding", N_("injection moulding"), PRODUCES, 10, 30, 5 * MINUTE, 0, 10 * MINUTE },
	{ "cutting", N_("cutting, grinding"), PRODUCES, 0, 30, 5 * MINUTE, 0, 5 * MINUTE },
	{ "plating", N_("plating, pickling"), PRODUCES, 30, 30, 3 * MINUTE, 0, 5 * MINUTE },
	{ "mixing", N_("mixing, reacting"), PRODUCES, 30, 30, 3 * MINUTE, 0, 5 * MINUTE },

	{ "", N_("no process named"), TREATS, 30, 30, 60, 5 * MINUTE, 5 * MINUTE },
	{ "fan", N_("exhaust fan"), TREATS, 10, 10, 60, 3 * MINUTE, 2 * MINUTE },
	{ "adsorption", N_("adsorption"), TREATS, 30, 30, 2 * MINUTE, 5 * MINUTE, 5 * MINUTE },
	{ "desorption", N_("desorption"), TREATS, 30, 30, 10 * MINUTE, 30 * MINUTE, 20 * MINUTE },
	{ "rto", N_("regenerative thermal oxidizer"), TREATS, 30, 30, 2 * MINUTE, 10 * MINUTE, 60 * MINUTE },
	{ "rco", N_("regenerative catalytic oxidizer"), TREATS, 30, 30, 2 * MINUTE, 10 * MINUTE, 40 * MINUTE },
	{ "combustion", N_("catalytic or thermal combustion"), TREATS, 30, 30, 2 * MINUTE, 10 * MINUTE, 40 * MINUTE },
	{ "scrubber", N_("wet scrubber"), TREATS, 30, 30, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE },
	/* Bags are blown clean, plates are rapped: short gaps belong to it. */
	{ "bag-filter", N_("bag filter"), TREATS, 30, 30, 2 * MINUTE, 5 * MINUTE, 5 * MINUTE },
	{ "electrostatic", N_("electrostatic precipitator"), TREATS, 30, 30, 3 * MINUTE, 5 * MINUTE, 5 * MINUTE },
	{ "photolysis", N_("photolysis, plasma"), TREATS, 30, 30, 60, 5 * MINUTE, 2 * MINUTE },
	{ "biological", N_("biological filter"), TREATS, 60, 60, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE },
	{ "condensation", N_("condensation"), TREATS, 30, 30, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE },
	{ "wastewater", N_("waste water treatment"), TREATS, 30, 60, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE },
};

const struct hj_judge_process *hj_judge_process(const char *name)
{
	for (size_t i = 0; i < hj_array_size(processes); i++)
		if (*name && !strcmp(processes[i].name, name))
			return &processes[i];
	return NULL;
}

/* One without a process is as the row of its role that has no name. */
const struct hj_judge_process *hj_judge_process_of(const struct hj_judge_equipment *e)
{
	const struct hj_judge_process *p = e->process ? hj_judge_process(e->process) : NULL;

	for (size_t i = 0; !p && i < hj_array_size(processes); i++)
		if (!processes[i].name[0] && processes[i].role == e->role)
			p = &processes[i];
	return p;
}
