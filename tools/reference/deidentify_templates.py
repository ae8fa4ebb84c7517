"""Sentences and letters for deidentify_set.py, in two halves that share none, and names to put in them.

`<N.g_f>` is the patient's given and family name, `<N.cg_cf>` a carer's; `_up`, `_low`, `_upf` (family name in
capitals), `_ini` (initial), `_typo` change how it is written. The French names were made up for these sets.
"""

FAMILY_FR = ["Kervadec", "Lemoine", "Abadie-Lascombes", "Ndiaye", "Roussel", "Bouzekri", "Petit", "Ollivier", "de Montgolfier",
             "Nguyen", "Le Guennec", "Blanc", "Escoffier", "Traoré", "d'Hérouville", "Marchand", "Weisslinger", "Benkirane",
             "Saint-Martin", "Poulain", "Czernik", "Rougier", "Haddad", "Lacaze", "Pietri", "Fontanille", "Guérin", "Vandewalle"]
GIVEN_FR = ["Maëlys", "Jean-Pierre", "Solène", "Aïssatou", "Hervé", "Yacine", "Rose", "Éloïse", "Anne-Sophie", "Minh",
            "Gwenaëlle", "Pierre", "Théophile", "Mamadou", "Bérengère", "Lucas", "Apolline", "Fatima", "Gaspard", "Célestine",
            "Wojciech", "Odile", "Rachid", "Marguerite"]
CARERS_FR = ["Claire Vasseur", "Olivier Ghesquière", "Nadia Belkacem", "François Lestrade", "Marc Aubry", "Hélène Quéméneur",
             "Paul Desrosiers", "Karim Ouali", "Isabelle Farge", "Benoît Tissandier", "Sophie Maréchal", "Ivan Petrovic",
             "Élodie Carpentier", "Youssef Amrani", "Luc Bonnefoy", "Catherine Schmitt"]
HOSPITALS_FR = ["CHU de Bordeaux", "Hôpital Saint-Louis", "Clinique des Cèdres", "Centre Hospitalier de Saint-Brieuc",
                "Hôpital Édouard-Herriot", "CHRU de Tours", "Polyclinique du Parc", "Institut Bergonié", "CH d'Avignon",
                "Hôpital Necker", "Clinique Pasteur", "EHPAD Les Tilleuls", "Centre Hospitalier Universitaire de Nantes",
                "CHU Amiens-Picardie", "Hôpital Européen Georges-Pompidou", "Hospices Civils de Lyon"]
STREETS_FR = ["rue des Lilas", "avenue Victor Hugo", "bis rue de l'Église", "boulevard de la République", "impasse du Moulin",
              "place Jean Jaurès", "chemin des Vignes", "allée des Acacias", "quai de Bacalan", "route de Toulouse",
              "rue du Général de Gaulle", "cours Gambetta"]
TOWNS_FR = [("33000", "Bordeaux"), ("75014", "Paris"), ("69003", "LYON"), ("35400", "Saint-Malo"), ("59000", "Lille"),
            ("13100", "Aix-en-Provence"), ("29200", "Brest"), ("20000", "Ajaccio"), ("44000", "NANTES CEDEX"), ("31000", "Toulouse")]

TEMPLATES = {
    "development": {
        "fr": [
            "Nom : <N.f_up>\nPrénom : <N.g>\nNé(e) le <D.fr>\nIPP : <IPP>\nAdresse : <STREET>, <TOWNLINE>\nTél : <TEL>\n\nCompte rendu d'hospitalisation\n\nPatient de <YOUNG> ans adressé pour dyspnée d'effort.",
            "Cher confrère,\nJe vous remercie de m'avoir adressé M. <N.g_f>, né le <D.fr>, pour une douleur thoracique évoluant depuis trois semaines.\nBien confraternellement,\nDr <N.cg_cf>",
            "Madame <N.f> est suivie pour une hypertension artérielle. Elle a été vue par le Dr <N.cf> le <D.frl>.",
            "mme <N.f_low> vue ce jour en consultation, pas de plainte. tension 12/8. prochain rdv le <D.fr>.",
            "COMPTE RENDU OPERATOIRE\nPATIENT : <N.f_g_up>\nOPERATEUR : DR <N.cf_up>\nDATE : <D.fr>\nAppendicectomie sous coelioscopie sans incident.",
            "Le patient <N.g_f> vit à <TOWN> avec son épouse. Il ne fume pas. Traitement : Kardegic 75 mg, Doliprane si besoin.",
            "Numéro de sécurité sociale : <NIR.s>\nTéléphone portable : <TEL.dot>\nCourriel : <MAIL>",
            "NIR <NIR> - <N.f_g_upf> - hospitalisé au <HOSP> du <D.frs> au <D.frs>.",
            "Patient transféré de l'<HOSP> vers le service de cardiologie. Échographie : FEVG 55 %, pas de valvulopathie.",
            "Patiente âgée de <AGE> ans, autonome, vivant en EHPAD. Score de Glasgow 15. Maladie de Parkinson connue depuis 2012.",
            "Signé électroniquement par le Pr <N.cg_cf>, RPPS <RPPS>, le <D.fr>.",
            "<N.cg_cf>\nChef de service\n<HOSP>\nSecrétariat : <TEL>",
            "Monsieur <N.f_typo> se plaint de céphalées depuis <D.my>. Sa fille <N.cg> s'inquiète. Examen neurologique normal.",
            "Domicilié <STREET>, <TOWNLINE>. Personne de confiance : <N.cg_cf>, joignable au <TEL>.",
            "L'IRM cérébrale du <D.fr> ne montre pas d'argument pour une sclérose en plaques. Syndrome de Guillain-Barré éliminé.",
            "Biologie : Hb 13,2 g/dL, plaquettes 250 000, CRP 5 mg/L, créatinine 80 µmol/L. Glycémie à jeun 1,02 g/L.",
            "Rédacteur : <N.cg_cf_upf>\nDestinataires : Dr <N.cf>, Dr <N.cg_cf>\nResultats consultables sur <URL>",
            "J'ai revu en consultation <N.g_f_upf>, accompagné de son frère <N.cg>. Évolution favorable sous metformine.",
            "Patient connu sous l'identifiant <UUID>. Mr <N.f>, <YOUNG> ans, diabète de type 2.",
            "<N.f_g> a été opéré le <D.dot> d'une prothèse totale de hanche par le docteur <N.cf>. Suites simples.",
        ],
        "en": [
            "Patient Name: <N.g_f>\nDOB: <D.us>\nMRN: <IPP>\nAddress: <STREET>, <TOWNLINE>\nPhone: <TEL>\n\nChief complaint: shortness of breath.",
            "Mr. <N.f> is a <YOUNG>-year-old man with hypertension who was admitted to <HOSP> on <D.usl>.",
            "Dear Dr. <N.cf>,\n\nThank you for referring <N.g_f>, whom I saw on <D.usl>. The abdomen is soft.\n\nSincerely,\n<N.cg_cf>, MD",
            "pt <N.f_low> seen today, denies chest pain. bp 120/80. follow up with dr <N.cf_low> in 2 weeks.",
            "DISCHARGE SUMMARY\nPATIENT: <N.f_g_up>\nDATE OF ADMISSION: <D.iso>\nATTENDING: <N.cg_cf_up>",
            "SSN <SSN>. Lives at <STREET> in <TOWN>. Her daughter <N.cg> can be reached at <TEL>.",
            "Electronically signed by: <N.cg_cf> on <D.iso>",
            "<N.f> reports worsening cough since <D.mye>. Chest X-ray shows no infiltrate. Started on Augmentin.",
            "The patient, <N.g_f>, is a <AGE>-year-old woman with Alzheimer disease living in a nursing home.",
            "Labs: sodium 138, potassium 4.1, creatinine 0.9, hemoglobin 13.5. No evidence of pulmonary embolism.",
            "Seen at <HOSP> by <N.cg_cf>. Email: <MAIL>. Records at <URL>",
            "Discussed with <N.cf> from surgery. Murphy sign negative. Plan: CT abdomen, Foley catheter removed.",
            "Ms. <N.g_f_typo> was transferred from <HOSP>. Synthea id <UUID>.",
            "Mrs <N.f> presented on <D.ukl> with her husband <N.cg>. Barrett's esophagus was ruled out.",
            "Referring physician: <N.cg_cf>\nPrimary care: Dr. <N.cf>\nNext appointment <D.usm>.",
        ],
    },
    "held_out": {
        "fr": [
            "CONSULTATION DU <D.frl>\n\nConcerne : Madame <N.g_f_upf>, née le <D.dot>\ndemeurant <STREET> - <TOWNLINE>\n\nMotif : lombalgie chronique. Pas de déficit moteur. Lasègue négatif.",
            "Je soussigné Docteur <N.cg_cf> certifie avoir examiné ce jour <N.g_f>. Son état ne présente pas de contre-indication à la pratique du sport.\nFait le <D.fr>",
            "Merci de revoir M <N.f_up> avec le bilan. Patient anxieux, sommeil médiocre, traité par Xanax. Son fils <N.cg> l'héberge depuis le <D.frm>.",
            "Identité: <N.f_up> <N.g> / N° dossier : <IPP> / DDN: <D.fr>\nUF : chirurgie viscérale\nOpéré par <N.cg_cf>, aide <N.cg_cf_ini>",
            "appel de la fille de mr <N.f_low> au <TEL>, inquiète, consulte demain avec dr <N.cf_low>. pas de fièvre.",
            "TRANSMISSIONS INFIRMIERES\nMME <N.f_up> A BIEN DORMI. TA 13/7. PANSEMENT REFAIT PAR <N.cg_up>.",
            "Nom d'usage : <N.f>   Prénoms : <N.g>   Sexe : F\nMédecin traitant : Dr <N.cg_cf>, <TOWN>\nSécu : <NIR.s>",
            "Admis en urgence au <HOSP> le <D.fr> pour une pneumopathie. Antibiothérapie par Rocéphine. Retour à domicile le <D.frs>.",
            "Mlle <N.f> (mail <MAIL>, port. <TEL.dot>) habite <STREET.low> à <TOWN>. Asthme stable sous Ventoline.",
            "Votre patient, Monsieur <N.g_f>, âgé de <AGE> ans, est décédé dans notre service le <D.frl>.\nVeuillez agréer, cher collègue, mes salutations.\n<N.cg_cf_upf>\nPraticien hospitalier",
            "Signataire : Professeur <N.cf>\nN° RPPS : <RPPS>\nCe document est disponible sur <URL>",
            "ATCD : appendicectomie, fracture de Pouteau-Colles. Tabac 10 PA. Maladie de Crohn exclue. Hépatite B guérie.",
            "La scintigraphie réalisée à la <HOSP> retrouve une fixation vertébrale. Avis demandé au Pr <N.cg_cf>.",
            "<N.g> <N.f_up> est revenue me voir en <D.my>. L'examen clinique est rassurant, la mammographie classée ACR 2.",
            "NIR : <NIR>, bénéficiaire <N.f_g>. Dossier patient informatisé <UUID>.",
            "Rendez-vous avec <N.cg_cf> (kinésithérapeute) <D.fr> à 14h30. Marche 200 mètres sans aide, score EVA 3/10.",
            "Le petit <N.g>, amené par sa mère, présente une otite. Courbe de croissance normale, vaccins à jour.",
            "Mme <N.f_typo> refuse l'intervention proposée par le chirurgien <N.cf>. Famille prévenue.",
        ],
        "en": [
            "RE: <N.f>, <N.g>\nDate of Birth: <D.usl>\nAccount number: <IPP>\n\nI had the pleasure of seeing your patient in clinic. He has a history of atrial fibrillation on Eliquis.",
            "HISTORY: This is a <AGE> year old female brought in by her son <N.cg> after a fall at home. Lives alone in <TOWN>.",
            "Nursing note <D.us>: <N.f> slept well. Dressing changed by <N.cg_cf_ini>. Pain 2/10.",
            "Name: <N.f_g_up>  Sex: M  Tel: <TEL>\nHome: <STREET>, <TOWNLINE>",
            "Miss <N.g_f> was reviewed by Professor <N.cf> at <HOSP> on <D.ukl>. Glasgow coma scale was 15.",
            "consult note: mr <N.g_f_low> is a smoker, no weight loss. spoke with dr <N.cf_low> re biopsy.",
            "Social security number is <SSN>. Next of kin: <N.cg_cf>, sister.",
            "Assessment and plan discussed with <N.g_f> and her partner <N.cg>. Metoprolol increased. No signs of heart failure.",
            "Dictated by <N.cg_cf>, MD. Transcribed <D.iso>. cc: <N.cg_cf>",
            "Transferred to <HOSP> for cardiac catheterization. Troponin negative. Wells score low.",
            "<N.g_f> complains of dizziness since <D.mye>. Epley maneuver performed. Tylenol as needed.",
            "Contact <MAIL> or see <URL> for results. Encounter id <UUID>.",
            "Patient: <N.f_typo>, <N.g>. Allergies: penicillin. Plan to see Dr <N.cg_cf> on <D.usm>.",
            "Impression: mild degenerative change of the lumbar spine. No fracture. Colonoscopy in five years.",
            "Signed,\n<N.cg_cf>\nAttending Physician, <HOSP>\n<TEL>",
        ],
    },
}
